package rest

import (
	"regexp"
	"strings"
)

// usualWords are where remotes say what is wrong: RFC 9457, RFC 6749, and what
// most systems do.
var usualWords = []string{
	"message", "error_description", "error.message", "detail", "title", "error", "errors", "description", "Message", "msg",
}

const maxWords = 300

// words are the remote's own words in an error answer; empty when there are none.
func (c *Client) words(a *answer) string {
	if a.status < 300 && a.then == "" && a.rule == "" || len(a.body.data) == 0 {
		return ""
	}
	if e := c.manifest.HTTP.ErrorText; e != nil && a.call.token == nil {
		if value, err := e.eval(c.responseEnv(a, e.source)); err == nil && textOf(value) != "" {
			return cutWords(textOf(value))
		}
	}
	body, err := decodeJSON(a.body.data)
	if err != nil {
		return ""
	}
	if list, ok := body.([]any); ok && len(list) > 0 {
		body = list[0]
	}
	if text, ok := body.(string); ok {
		return cutWords(text)
	}
	words := ""
	for _, path := range usualWords {
		if value, ok := lookUp(body, path); ok {
			if list, isList := value.([]any); isList && len(list) > 0 {
				value = list[0]
			}
			if object, isObject := value.(map[string]any); isObject {
				if inner, ok := object["message"]; ok {
					value = inner
				}
			}
			if words = textOf(value); words != "" {
				break
			}
		}
	}
	if code, ok := lookUp(body, "code"); ok && words != "" && textOf(code) != words {
		words += " (" + textOf(code) + ")"
	}
	return cutWords(words)
}

func cutWords(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxWords {
		return string(runes[:maxWords]) + "…"
	}
	return text
}

var titleForm = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// htmlTitle is the title of a web page, to recognise a firewall by.
func htmlTitle(page []byte) string {
	found := titleForm.FindSubmatch(page[:min(len(page), 16<<10)])
	if found == nil {
		return ""
	}
	return ` titled "` + cutWords(string(found[1])) + `"`
}
