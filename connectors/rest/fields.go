package rest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/koppel-io/koppel"
)

// Fields are settings or credential fields in the order of the file.
type Fields []koppel.Setting

// fieldForm is how one field is written.
type fieldForm struct {
	Type     string   `y:"type,required" doc:"Type of the value" enum:"string,url,int,boolean,enum,date,strings"`
	Title    string   `y:"title" doc:"Label of the form field"`
	Doc      string   `y:"doc" doc:"One sentence for people"`
	Default  *Default `y:"default" doc:"Value when none is given"`
	Choices  []string `y:"choices" doc:"Values of an enum"`
	Secret   bool     `y:"secret" doc:"true: never shown again"`
	Optional bool     `y:"optional" doc:"true: may be left empty"`
	Min      int64    `y:"min" doc:"Least value of an int"`
	Max      int64    `y:"max" doc:"Greatest value of an int"`
	Support  bool     `y:"support" doc:"true: only support may change it"`
}

// Default is the default of a setting, of the setting's type.
type Default struct{ node *node }

func (v *Default) decodeNode(_ *decoder, n *node, _ []string) { v.node = n }

func (f *Fields) decodeNode(d *decoder, n *node, scope []string) {
	if !d.wants(n, mapNode) {
		return
	}
	for _, m := range n.members {
		var form fieldForm
		d.decodeInto(m.value, &form, scope)
		setting := koppel.Setting{
			Name: m.name, Type: koppel.SettingType(form.Type), Title: form.Title, Doc: form.Doc, Choices: form.Choices,
			Secret: form.Secret, Optional: form.Optional, Min: form.Min, Max: form.Max, Support: form.Support,
		}
		if setting.Title == "" {
			setting.Title = titleOf(m.name)
		}
		if setting.Type == koppel.SettingEnum && len(setting.Choices) == 0 {
			d.fail(m.value, "an enum needs choices")
		}
		if form.Default != nil {
			setting.Default = d.defaultOf(form.Default.node, setting)
		}
		*f = append(*f, setting)
	}
}

// titleOf makes a label of a name: store_url becomes Store url.
func titleOf(name string) string {
	words := strings.NewReplacer("_", " ", ".", " ").Replace(name)
	return strings.ToUpper(words[:1]) + words[1:]
}

func (d *decoder) defaultOf(n *node, s koppel.Setting) any {
	switch s.Type {
	case koppel.SettingInt:
		if !d.wants(n, intNode) {
			return nil
		}
		number, err := strconv.ParseInt(n.text, 10, 64)
		if err != nil || (s.Min != 0 || s.Max != 0) && (number < s.Min || number > s.Max) {
			d.fail(n, "the default must lie between min and max")
		}
		return number
	case koppel.SettingBool:
		if !d.wants(n, boolNode) {
			return nil
		}
		return n.text == "true"
	case koppel.SettingStrings:
		if !d.wants(n, listNode) {
			return nil
		}
		list := []string{}
		for _, item := range n.items {
			list = append(list, item.text)
		}
		return list
	case koppel.SettingEnum:
		if !slices.Contains(s.Choices, n.text) {
			d.fail(n, "the default %s is not one of the choices%s", n.text, suggest(n.text, s.Choices))
		}
		return n.text
	}
	if n.kind == listNode || n.kind == mapNode {
		d.wants(n, textNode)
	}
	return n.text
}
