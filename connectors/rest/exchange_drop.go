package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// keepable is an answer's body as a failed exchange may keep it: what any
// stream of the connector drops is blanked out, wherever in the answer it
// stands. Of JSON that cannot be read nothing is kept, since nobody knows where
// in it such members are; nor of a success in another form.
func (c *Client) keepable(a *answer) []byte {
	body := a.body.data
	paths := c.manifest.droppedPaths()
	if len(paths) == 0 {
		return body
	}
	first := bytes.TrimLeft(body, " \t\r\n\ufeff")
	if isJSON := len(first) > 0 && (first[0] == '{' || first[0] == '['); !isJSON && a.status >= 300 {
		return body // an error's page or text
	}
	spans, err := memberSpans(body, paths)
	if err != nil {
		return fmt.Appendf(nil, "[%d bytes that may hold what is dropped]", len(body))
	}
	var kept bytes.Buffer
	from := 0
	for _, s := range spans {
		kept.Write(body[from:s.start])
		kept.WriteString(`"[dropped]"`)
		from = s.end
	}
	kept.Write(body[from:])
	return kept.Bytes()
}

// droppedPaths are the members that the manifest's streams drop, each as its names.
func (m *Manifest) droppedPaths() (paths [][]string) {
	for _, s := range m.Streams {
		for _, path := range s.Drop {
			paths = append(paths, strings.Split(path, "."))
		}
	}
	return paths
}

// memberSpans finds the values of members whose names, with those above them
// and without lists, end as one of the paths does.
func memberSpans(body []byte, paths [][]string) (spans []span, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	var above []string
	var walk func() error
	walk = func() error {
		opened, err := d.Token()
		if err != nil {
			return err
		}
		delim, nested := opened.(json.Delim)
		if !nested {
			return nil
		}
		for d.More() {
			if delim == '[' {
				if err := walk(); err != nil {
					return err
				}
				continue
			}
			name, err := d.Token()
			if err != nil {
				return err
			}
			above = append(above, name.(string))
			if slices.ContainsFunc(paths, func(path []string) bool { return endsAs(above, path) }) {
				var value json.RawMessage
				if err := d.Decode(&value); err != nil {
					return err
				}
				end := int(d.InputOffset())
				spans = append(spans, span{end - len(value), end})
			} else if err := walk(); err != nil {
				return err
			}
			above = above[:len(above)-1]
		}
		_, err = d.Token()
		return err
	}
	err = walk()
	return spans, err
}

func endsAs(names, path []string) bool {
	return len(names) >= len(path) && slices.Equal(names[len(names)-len(path):], path)
}
