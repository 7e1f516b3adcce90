package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// maxDepth bounds how deep a body is looked into; what lies deeper is cleared where the body names somebody.
const maxDepth = 64

// jsonMember is a member of a JSON object, whose order is kept.
type jsonMember struct {
	name  string
	value any
}

// Redact gives a JSON body without the personal values of the people it names, and whether it names any: what names
// them becomes null, and so does everything else that is personal by its name. A body that names none is given back
// as it is. One that is no JSON names nobody.
func (p *People) Redact(raw []byte) ([]byte, bool) {
	if p == nil {
		return raw, false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	tree, err := readJSON(d, 0)
	if err != nil || !p.in("", "", tree) {
		return raw, false
	}
	out, err := writeJSON(nil, p.clear("", "", tree))
	if err != nil {
		return raw, false
	}
	return out, true
}

func readJSON(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, nested := token.(json.Delim)
	if !nested {
		return token, nil
	}
	if depth == maxDepth {
		return nil, errors.New("nested too deep")
	}
	if delim == '[' {
		list := []any{}
		for d.More() {
			value, err := readJSON(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err = d.Token()
		return list, err
	}
	object := []jsonMember{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		text, ok := name.(string)
		if !ok {
			return nil, io.ErrUnexpectedEOF
		}
		value, err := readJSON(d, depth+1)
		if err != nil {
			return nil, err
		}
		object = append(object, jsonMember{text, value})
	}
	_, err = d.Token()
	return object, err
}

func writeJSON(out []byte, tree any) ([]byte, error) {
	var err error
	switch v := tree.(type) {
	case []any:
		out = append(out, '[')
		for i := range v {
			if i > 0 {
				out = append(out, ',')
			}
			if out, err = writeJSON(out, v[i]); err != nil {
				return nil, err
			}
		}
		return append(out, ']'), nil
	case []jsonMember:
		out = append(out, '{')
		for i := range v {
			if i > 0 {
				out = append(out, ',')
			}
			if out, err = writeJSON(out, v[i].name); err != nil {
				return nil, err
			}
			if out, err = writeJSON(append(out, ':'), v[i].value); err != nil {
				return nil, err
			}
		}
		return append(out, '}'), nil
	}
	text, err := json.Marshal(tree)
	return append(out, text...), err
}

// in reports whether a value names one of the people. name is the member that holds it, of the object in member above.
func (p *People) in(above, name string, tree any) bool {
	switch v := tree.(type) {
	case []any:
		for i := range v {
			if p.in(above, name, v[i]) {
				return true
			}
		}
	case []jsonMember:
		if p.names(personName, fullName(v)) {
			return true
		}
		for _, m := range v {
			if p.in(name, m.name, m.value) {
				return true
			}
		}
	case string:
		return p.leaf(above, name, v)
	case json.Number:
		return p.leaf(above, name, v.String())
	}
	return false
}

func (p *People) leaf(above, name, text string) bool {
	return p.names(personEmail, text) || p.names(personPhone, text) || p.names(personName, text) || personID(above, name) && p.names(personRemoteID, text)
}

// fullName is the name that an object holds in parts.
func fullName(object []jsonMember) string {
	var first, last string
	for _, m := range object {
		text, _ := m.value.(string)
		switch plain := plainName(m.name); {
		case strings.Contains(plain, "firstname") && first == "":
			first = text
		case (strings.Contains(plain, "lastname") || strings.Contains(plain, "surname")) && last == "":
			last = text
		}
	}
	return first + " " + last
}

// clear makes everything null that names one of the people or is personal by its name.
func (p *People) clear(above, name string, tree any) any {
	switch v := tree.(type) {
	case []any:
		for i := range v {
			v[i] = p.clear(above, name, v[i])
		}
	case []jsonMember:
		for i, m := range v {
			v[i].value = p.clear(name, m.name, m.value)
			if personal(m.name) {
				v[i].value = blank(v[i].value)
			} else if holder(m.name) {
				v[i].value = blankInside(v[i].value)
			}
		}
	case string:
		if personID(above, name) || p.leaf(above, name, v) {
			return nil
		}
	case json.Number:
		if personID(above, name) || p.leaf(above, name, v.String()) {
			return nil
		}
	}
	return tree
}

// personalParts are parts of names of members that say of a person who, where or how to be reached.
var personalParts = []string{"email", "emailaddress", "phone", "mobile", "firstname", "lastname", "surname", "fullname", "contactname", "contactperson",
	"customername", "buyername", "delivername", "deliveryname", "invoicename", "address", "street", "housenumber", "zipcode", "postcode", "postalcode",
	"iban", "birth", "useragent", "customernote", "customerremarks", "salutation", "initials", "vatnumber"}

func personal(name string) bool {
	plain := plainName(name)
	for _, part := range personalParts {
		if strings.Contains(plain, part) {
			return true
		}
	}
	return false
}

// holders are names of members whose objects are about a person: an amount of that name is not.
var holders = []string{"shipping", "billing", "recipient", "customer", "buyer", "contact", "guest", "shopper"}

func holder(name string) bool { return slices.Contains(holders, plainName(name)) }

func blankInside(tree any) any {
	switch tree.(type) {
	case []any, []jsonMember:
		return blank(tree)
	}
	return tree
}

// blank makes the texts and numbers of a value null and leaves its shape, on which expressions may rely. The country
// stays: taxes go by it, and it is nobody.
func blank(tree any) any {
	switch v := tree.(type) {
	case []any:
		for i := range v {
			v[i] = blank(v[i])
		}
		return v
	case []jsonMember:
		for i := range v {
			if !strings.Contains(plainName(v[i].name), "country") {
				v[i].value = blank(v[i].value)
			}
		}
		return v
	case bool:
		return v
	}
	return nil
}

// whos are the names of members that hold the customer of a record, or with id, code or the like the remote's id of it.
var whos = []string{"customer", "buyer", "orderedby", "client", "debtor", "shopper"}

// personID reports whether a member holds the remote's id of a customer: itself so named, or the id in an object so named.
func personID(above, name string) bool {
	plain := plainName(name)
	if plain == "id" || plain == "guid" || plain == "code" {
		plain = plainName(above)
	}
	for _, mark := range []string{"id", "guid", "code", "number"} {
		plain = strings.TrimSuffix(strings.TrimPrefix(plain, mark), mark)
	}
	return slices.Contains(whos, plain)
}

// plainName is a member's name without case and separators.
func plainName(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(strings.ToLower(name))
}
