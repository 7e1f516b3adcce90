package connectors

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
)

// Limits of what a setting or credential may hold.
const (
	maxText  = 8 << 10 // bytes of a text
	maxItems = 200     // items of a list
)

// CheckValue says what a value of a setting must be, when it is not.
func CheckValue(s koppel.Setting, value any) error {
	switch s.Type {
	case koppel.SettingBool:
		if _, ok := value.(bool); !ok {
			return fmt.Errorf("must be true or false")
		}
	case koppel.SettingInt:
		return checkInt(s, value)
	case koppel.SettingStrings:
		return checkStrings(s, value)
	default:
		text, ok := value.(string)
		if !ok {
			return fmt.Errorf("must be a text")
		}
		return checkText(s, text)
	}
	return nil
}

func checkInt(s koppel.Setting, value any) error {
	var n int64
	switch v := value.(type) {
	case int:
		n = int64(v)
	case int64:
		n = v
	case float64:
		if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
			return fmt.Errorf("must be a whole number")
		}
		n = int64(v)
	default:
		return fmt.Errorf("must be a whole number")
	}
	if (s.Min != 0 || s.Max != 0) && (n < s.Min || n > s.Max) {
		return fmt.Errorf("must be between %d and %d", s.Min, s.Max)
	}
	return nil
}

func checkStrings(s koppel.Setting, value any) error {
	list, ok := value.([]any)
	if !ok {
		return fmt.Errorf("must be a list of texts")
	}
	if len(list) > maxItems {
		return fmt.Errorf("must have at most %d items", maxItems)
	}
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			return fmt.Errorf("must be a list of texts")
		}
		if len(text) > maxText {
			return fmt.Errorf("must have items of at most %d bytes", maxText)
		}
		if len(s.Choices) > 0 && !slices.Contains(s.Choices, text) {
			return fmt.Errorf("%q must be one of %s", text, strings.Join(s.Choices, ", "))
		}
	}
	return nil
}

func checkText(s koppel.Setting, text string) error {
	if len(text) > maxText {
		return fmt.Errorf("must be at most %d bytes", maxText)
	}
	switch s.Type {
	case koppel.SettingURL:
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			return fmt.Errorf("must be an address such as https://shop.example.com")
		}
		if u.User != nil {
			return fmt.Errorf("must not hold a user name or password")
		}
	case koppel.SettingEnum:
		if !slices.Contains(s.Choices, text) {
			return fmt.Errorf("must be one of %s", strings.Join(s.Choices, ", "))
		}
	case koppel.SettingDate:
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return fmt.Errorf("must be a date such as 2026-01-31")
		}
	}
	return nil
}
