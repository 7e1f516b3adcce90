package exact

import (
	"slices"
	"strings"
)

// kind is the type of a property.
type kind uint8

const (
	text kind = iota
	guid
	integer
	decimal
	boolean
	datetime
)

var kindOf = map[string]kind{"t": text, "g": guid, "i": integer, "n": decimal, "b": boolean, "d": datetime}

// edm are the names of the kinds in Atom.
var edm = [...]string{"Edm.String", "Edm.Guid", "Edm.Int32", "Edm.Double", "Edm.Boolean", "Edm.DateTime"}

// date is a moment in milliseconds as the site writes it.
type date int64

// field is one property of an entity.
type field struct {
	name string
	kind kind
}

// entity is what a table holds: its properties and what changes of it do.
type entity struct {
	name string
	// key are the properties that tell rows apart; the first is the public key.
	key    []string
	fields []field
	index  map[string]int
	// children are rows of other tables that $expand shows.
	children []relation
	// parent is the entity whose row by names.
	parent, by string
	// deleted is the EntityType under which sync/Deleted tells of it; 0 never.
	deleted int
	// topic of webhooks; "" none. A child with topicKey reports its parent.
	topic, topicKey string
	// module that the licence must have; "" any.
	module string
	// service is where the entity's own address is.
	service string
	// mandatory properties of POST, and whether POST, PUT and DELETE are known.
	mandatory []string
	writable  bool
}

// relation is a collection of a row's children.
type relation struct{ name, entity string }

// audit are properties nearly every entity ends with.
const audit = " Created:d Creator:g CreatorFullName:t Division:i Modified:d Modifier:g ModifierFullName:t"

// newEntity reads properties written as Name:kind, the kind by its letter.
func newEntity(e entity, fields string) *entity {
	e.index = map[string]int{}
	for word := range strings.FieldsSeq(fields) {
		name, letter, _ := strings.Cut(word, ":")
		e.index[name] = len(e.fields)
		e.fields = append(e.fields, field{name, kindOf[letter]})
	}
	if e.key == nil {
		e.key = []string{e.fields[0].name}
	}
	return &e
}

// relation of a name; false when there is none.
func (e *entity) relation(name string) (relation, bool) {
	i := slices.IndexFunc(e.children, func(r relation) bool { return r.name == name })
	if i < 0 {
		return relation{}, false
	}
	return e.children[i], true
}

// style is how an endpoint is read.
type style uint8

const (
	ordinary style = iota // pages of 60, any filter
	bulk                  // pages of 1000, any filter
	synced                // pages of 1000, Timestamp only
	function              // GET with its own parameters, d is an array
)

// endpoint is one address under an administration.
type endpoint struct {
	path   string
	entity *entity
	style  style
	// twin tells that there is a sync endpoint too, so that a filter is due.
	twin bool
	// lacks are properties the entity has and this endpoint does not show.
	lacks []string
	// flat shows the properties of the row's parent beside its own.
	flat *entity
}

// shows tells whether a property is one of the endpoint's.
func (e *endpoint) shows(name string) (kind, bool) {
	if name == "Timestamp" {
		return integer, e.style == synced
	}
	if slices.Contains(e.lacks, name) {
		return 0, false
	}
	if i, ok := e.entity.index[name]; ok {
		return e.entity.fields[i].kind, true
	}
	if e.flat != nil {
		if i, ok := e.flat.index[name]; ok {
			return e.flat.fields[i].kind, true
		}
	}
	return 0, false
}
