package mapping

import "github.com/koppel-io/koppel"

var (
	anyShape = &koppel.Shape{Type: koppel.ShapeAny, Nullable: true}
	anyList  = newNode("value", "value", &koppel.Shape{Type: koppel.ShapeList, Elem: anyShape})
)

// list takes a JSON list apart, one level deep.
func (r raw) list(m *meter) ([]any, error) {
	if err := m.grow(len(r)); err != nil {
		return nil, err
	}
	v, err := m.scanner.scan(r, anyList, nil, nil)
	if err != nil {
		return nil, err
	}
	list, _ := v.([]any)
	return list, m.list(len(list))
}

// get finds one member of a JSON object without taking the rest apart; a
// member that is not there is null, and so is a member of anything that has none.
func (r raw) get(m *meter, name string) (any, error) {
	if err := m.scan(len(r)); err != nil {
		return nil, err
	}
	return m.scanner.member(r, name)
}

// member scans a checked value for a member.
func (s *scanner) member(data []byte, name string) (any, error) {
	s.data, s.pos, s.depth, s.elements, s.last = data, 0, 0, 0, nil
	s.keys.reset()
	s.space()
	if s.pos >= len(data) || data[s.pos] != '{' {
		return nil, nil
	}
	s.pos++
	for {
		s.space()
		if s.pos >= len(data) || data[s.pos] != '"' {
			return nil, nil
		}
		key, plain, err := s.str()
		if err != nil {
			return nil, err
		}
		if !plain {
			key = s.unescape(key)
		}
		found := string(key) == name
		s.space()
		s.pos++
		s.space()
		if found {
			return s.value(anyElement)
		}
		if err := s.skip(); err != nil {
			return nil, err
		}
		s.space()
		if s.pos >= len(data) || data[s.pos] != ',' {
			return nil, nil
		}
		s.pos++
	}
}
