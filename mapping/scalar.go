package mapping

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
)

// scalar turns what an expression gave into what a slot of Values holds, by the
// rules every object shares: an expression that gives null clears the field, a
// value that means nothing or is out of range is absent, and whatever was done
// to a value is noted.
func (e *Evaluator) scalar(f *koppel.Field, v any, prefix string) (any, error) {
	if v == nil {
		return koppel.Null{}, nil
	}
	switch f.Type {
	case koppel.Text:
		return e.textValue(f, v, prefix)
	case koppel.Ref:
		return e.refValue(v)
	case koppel.Int:
		return e.intValue(f, v, prefix)
	case koppel.Decimal:
		return e.decimalValue(f, v, prefix)
	case koppel.Bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case koppel.Time:
		if t, ok := v.(time.Time); ok {
			return timeValue(t), nil
		}
	case koppel.Date:
		if t, ok := v.(time.Time); ok {
			return timeValue(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)), nil
		}
	case koppel.Texts:
		return e.textsValue(f, v, prefix)
	case koppel.JSON:
		return e.jsonValue(v)
	}
	return nil, unexpected(f, v)
}

// anyOf is a list of choices in words.
func anyOf(choices []string) string {
	if len(choices) == 1 {
		return choices[0]
	}
	return strings.Join(choices[:len(choices)-1], ", ") + " or " + choices[len(choices)-1]
}

func unexpected(f *koppel.Field, v any) error {
	return fmt.Errorf("expected %s, not %s", wanted(*f), show(v))
}

func (e *Evaluator) textValue(f *koppel.Field, v any, prefix string) (any, error) {
	text, ok := v.(string)
	if !ok {
		return nil, unexpected(f, v)
	}
	text, changed := e.clean(text)
	if meaningless(text) {
		return nil, nil
	}
	if len(f.Choices) > 0 && !slices.Contains(f.Choices, text) {
		return nil, fmt.Errorf("expected %s, not %q", anyOf(f.Choices), clip(text))
	}
	if f.Limit > 0 && tooLong(text, f.Limit) {
		full := utf8.RuneCountInString(text)
		text = strings.TrimRight(cutAt(text, f.Limit), " ")
		e.note(prefix+f.Name, fmt.Sprintf("cut from %d to %d characters", full, utf8.RuneCountInString(text)))
	}
	if !changed && text == v {
		return v, nil
	}
	return text, nil
}

// refValue takes the key of another object. It is never cut: a shortened key
// would name something else.
func (e *Evaluator) refValue(v any) (any, error) {
	text, ok := v.(string)
	if !ok {
		return nil, fmt.Errorf("an id is always text, not %s; use string(…)", show(v))
	}
	if text, _ = e.clean(text); meaningless(text) {
		return nil, nil
	}
	if tooLong(text, 255) {
		return nil, errors.New("an id of more than 255 characters")
	}
	return text, nil
}

// clean trims a text and takes control characters out of it, but for line ends
// and tabs.
func (e *Evaluator) clean(text string) (string, bool) {
	dirty := false
	for i := range len(text) {
		if c := text[i]; c < 0x20 && c != '\n' && c != '\t' || c == 0x7f || c == 0xc2 && i+1 < len(text) && text[i+1] < 0xa0 {
			dirty = true
			break
		}
	}
	if dirty {
		e.text = e.text[:0]
		for _, r := range text {
			if r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
				continue
			}
			e.text = utf8.AppendRune(e.text, r)
		}
		text = string(e.text)
	}
	trimmed := strings.TrimSpace(text)
	return trimmed, dirty || len(trimmed) != len(text)
}

func tooLong(text string, limit int) bool {
	return len(text) > limit && utf8.RuneCountInString(text) > limit
}

// cutAt is the first limit characters of a text.
func cutAt(text string, limit int) string {
	count := 0
	for i := range text {
		if count == limit {
			return text[:i]
		}
		count++
	}
	return text
}

func (e *Evaluator) intValue(f *koppel.Field, v any, prefix string) (any, error) {
	i, ok := v.(int)
	if !ok {
		d, isNumber, err := toDecimal(v)
		if err != nil {
			return nil, err
		}
		if !isNumber {
			return nil, unexpected(f, v)
		}
		if !d.IsInteger() {
			switch {
			case stockField(f.Name):
				d = d.Floor()
			case f.RoundUp:
				e.note(prefix+f.Name, d.String()+" is rounded up to "+d.Ceil().String())
				d = d.Ceil()
			default:
				return nil, fmt.Errorf("expected a whole number, not %s", d)
			}
		}
		whole := d.BigInt()
		if !whole.IsInt64() {
			e.note(prefix+f.Name, d.String()+" is out of range")
			return nil, nil
		}
		i = int(whole.Int64())
	}
	// 0 is how remotes say that a period, minimum or lot is not configured.
	if i == 0 && f.Min == 1 && !f.Required {
		if f.Name == "lot_size" {
			return int64(1), nil
		}
		return koppel.Null{}, nil
	}
	if (f.Min != 0 || f.Max != 0) && (int64(i) < f.Min || int64(i) > f.Max) {
		e.note(prefix+f.Name, fmt.Sprintf("%d is outside %d to %d", i, f.Min, f.Max))
		return nil, nil
	}
	return int64(i), nil
}

// integerDigits is how many digits before the point the columns of a scale
// hold: numeric(18,6) for unit prices and numeric(19,4) for totals.
func integerDigits(scale int32) int {
	if scale == 6 {
		return 12
	}
	return 15
}

func (e *Evaluator) decimalValue(f *koppel.Field, v any, prefix string) (any, error) {
	d, ok, err := toDecimal(v)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, unexpected(f, v)
	}
	if f.NotNegative && d.IsNegative() {
		e.note(prefix+f.Name, d.String()+" is below zero")
		return nil, nil
	}
	d = roundTo(d, f.Scale)
	if d.NumDigits()+int(d.Exponent()) > integerDigits(f.Scale) {
		e.note(prefix+f.Name, d.String()+" is out of range")
		return nil, nil
	}
	return d, nil
}

// timeValue takes the dates that stand for none as absent.
func timeValue(t time.Time) any {
	t = t.UTC()
	if y := t.Year(); y <= 1 || y == 1900 && t.YearDay() == 1 || y > 9999 {
		return nil
	}
	return t
}

// maxTexts is how many texts a list field keeps.
const maxTexts = 100

func (e *Evaluator) textsValue(f *koppel.Field, v any, prefix string) (any, error) {
	list, ok := v.([]any)
	if r, isRaw := v.(raw); isRaw {
		var err error
		if list, err = r.list(&e.meter); err != nil {
			return nil, err
		}
		ok = true
	}
	if !ok {
		return nil, unexpected(f, v)
	}
	texts := make([]string, 0, min(len(list), maxTexts))
	for _, item := range list {
		if item == nil {
			continue
		}
		text, ok := item.(string)
		if !ok {
			return nil, unexpected(f, item)
		}
		if text, _ = e.clean(text); meaningless(text) {
			continue
		}
		if f.Name == "emails" && !validEmail(text) {
			e.note(prefix+f.Name, fmt.Sprintf("dropped the unusable address %q", clip(text)))
			continue
		}
		if f.Limit > 0 && tooLong(text, f.Limit) {
			e.note(prefix+f.Name, fmt.Sprintf("cut %q to %d characters", clip(text), f.Limit))
			text = cutAt(text, f.Limit)
		}
		if len(texts) == maxTexts {
			e.note(prefix+f.Name, fmt.Sprintf("kept %d of %d", maxTexts, len(list)))
			break
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// validEmail takes one bare address (RFC 5322 addr-spec) in a domain with a dot.
func validEmail(text string) bool {
	if len(text) > 254 {
		return false
	}
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text {
		return false
	}
	_, domain, _ := strings.Cut(text, "@")
	return strings.Contains(domain, ".") && !strings.HasSuffix(domain, ".")
}

func (e *Evaluator) jsonValue(v any) (any, error) {
	out, err := encode(&e.meter, nil, v, 0)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// zeroValue reports whether a slot holds no value or the number 0.
func zeroValue(v any) bool {
	switch x := v.(type) {
	case nil, koppel.Null:
		return true
	case decimal.Decimal:
		return x.IsZero()
	}
	return false
}
