package rest

import (
	"slices"
	"strings"

	"github.com/koppel-io/koppel"
)

// Environments are the remote's systems in the order of the file.
type Environments []Environment

// Environment is one of the remote's systems with its named values, which may
// use credentials.
type Environment struct {
	Name   string
	Values Params
}

// Production is the environment of a connector that names none.
const Production = "production"

// environmentField is the credential field that chooses among several environments.
const environmentField = "environment"

func (e *Environments) decodeNode(d *decoder, n *node, _ []string) {
	if !d.wants(n, mapNode) {
		return
	}
	for _, m := range n.members {
		environment := Environment{Name: m.name}
		if !connectorForm.MatchString(m.name) {
			d.failAt(m.line, m.column, m.value.path, "the name of an environment is lower-case letters, digits, - and _")
		}
		environment.Values.decodeNode(d, m.value, []string{"credentials"})
		*e = append(*e, environment)
	}
}

// checkEnvironments gives a connector with several environments the credential
// field that chooses one.
func (m *Manifest) checkEnvironments(d *decoder, root *node) {
	if len(m.Environments) < 2 {
		return
	}
	if slices.ContainsFunc(m.Credentials, func(f koppel.Setting) bool { return f.Name == environmentField }) {
		d.fail(root.get("credentials").get(environmentField), "this field comes by itself, from environments")
		return
	}
	m.Credentials = append(m.Credentials, koppel.Setting{
		Name: environmentField, Type: koppel.SettingEnum, Title: "Environment", Choices: m.EnvironmentNames(),
		Default: m.Environments[0].Name, Optional: true, Support: true,
	})
}

// EnvironmentNames lists the environments, the usual one first.
func (m *Manifest) EnvironmentNames() []string {
	if len(m.Environments) == 0 {
		return []string{Production}
	}
	var names []string
	for _, e := range m.Environments {
		names = append(names, e.Name)
	}
	return names
}

// Environment is the one that a credential belongs to: what its field says,
// else the first.
func (m *Manifest) Environment(credentials map[string]koppel.Secret) string {
	if chosen := strings.TrimSpace(credentials[environmentField].Reveal()); chosen != "" && len(m.Environments) > 1 {
		return chosen
	}
	return m.EnvironmentNames()[0]
}

// AppEnvironment tells which of our own apps a credential goes with; nil for a
// connector without one.
func (m *Manifest) AppEnvironment() func(credentials map[string]koppel.Secret) string {
	if len(m.App) == 0 {
		return nil
	}
	return m.Environment
}

// environmentOf is the variable environment: the name and its values.
func (m *Manifest) environmentOf(name string, credentials map[string]any) (map[string]any, error) {
	values := map[string]any{"name": name}
	for _, e := range m.Environments {
		if e.Name != name {
			continue
		}
		for _, p := range e.Values {
			text, err := p.Value.render(map[string]any{"credentials": credentials}, nil)
			if err != nil {
				return nil, err
			}
			values[p.Name] = text
		}
		return values, nil
	}
	if len(m.Environments) > 0 {
		return nil, koppel.E(koppel.KindInvalidRequest, "", "there is no environment "+name+"; there are "+joinWords(m.EnvironmentNames()))
	}
	return values, nil
}
