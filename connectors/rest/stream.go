package rest

import (
	"time"
)

// Stream is one collection of the remote.
type Stream struct {
	// Name is the stream's key in the manifest.
	Name    string
	Request `y:",inline" scope:"since,until,parent,partition,window,job"`
	// Records is where the records are in the answer.
	Records Selector `y:"records" doc:"Where the records are: @ for the whole body, or a dotted path, or a list of them of which the first that is there counts; a list of records or one alone; a trailing ? lets it be missing"`
	Key     Paths    `y:"key,required,one" doc:"Member that identifies a record, as a dotted path; several are joined by a slash, one that is missing or null is empty"`
	Page    Paging   `y:"page" doc:"How the collection is paged; a single answer when absent"`
	Total   *Place   `y:"total" doc:"Where the remote tells how many records there are"`
	Since   *Since   `y:"since" doc:"How changes since a time, or since a key that only grows, are read"`
	Job     *Job     `y:"job" doc:"Work that the remote does on request before the collection can be read"`
	Decode  *Decode  `y:"decode" doc:"The answer is a file of rows"`
	// Partitions are read one after another; the collection is all of them.
	Partitions []Partition `y:"partitions" doc:"Parts of the collection that are read one after another, each to its own end"`
	// Created bounds reads by when records were made.
	Created *Since `y:"created" doc:"How records made within a span of time are read, for history runs and windows by creation; as since, with until"`
	One     *One   `y:"one" doc:"How one record is read by id" scope:"id,parent"`
	Find    *Finds `y:"find" doc:"How records are found by another key" scope:"value"`
	// Volatile members change without meaning and are left out of the hash.
	Volatile []string `y:"volatile" doc:"Top-level members that change without meaning; left out of the hash"`
	// Drop are members that are kept out of hash and store: personal data that
	// nobody needs.
	Drop    Paths   `y:"drop,one" doc:"Members that are neither hashed nor stored, as dotted paths through objects and lists: personal data that nobody needs"`
	Deletes Deletes `y:"deletes" doc:"How deletions show: missing (from a complete read), none, { feed, when, id } or { flag }; none when absent" scope:"record"`
	Shape   *Shape  `y:"shape" doc:"What the records look like: the members that mappings may read"`

	Each     string  `y:"each" doc:"Parent stream: this one is read once per record of it"`
	Children string  `y:"children" doc:"Which parents are read: those changed in this run, all with since, or all in full" enum:"changed,since_each,all"`
	When     *Expr   `y:"when" doc:"Condition on parent: only these parents have children" scope:"parent"`
	Parent   *Parent `y:"parent" doc:"Parent stream of a flat collection of children"`
	// New names records of other streams that a new record of this one has changed.
	New   []NewRead `y:"new,one" doc:"What is read because a record is new, such as the products on a sell order, whose stock the remote does not tell to have changed" scope:"record"`
	Group string    `y:"group" doc:"Member by whose value flat rows belong together, such as the order of order lines; they are mapped as one, by the variable rows"`

	// variants are the alternatives of choose, decoded as whole streams.
	variants []variant

	_ struct{} `reserved:"bulk,detail,states"`
}

// Parent ties the records of a flat child stream to their parents.
type Parent struct {
	Stream string `y:"stream,required" doc:"The parent stream"`
	Key    Paths  `y:"key,required,one" doc:"Member that holds the parent's key"`
}

// Paging says how a collection is paged: one of number, offset, next, token.
type Paging struct {
	Number string     `y:"number" doc:"Query parameter of the page number"`
	First  *int       `y:"first" doc:"Number of the first page; 1 when absent"`
	Offset string     `y:"offset" doc:"Query parameter of the position of the first record"`
	Next   *Place     `y:"next" doc:"Where the address of the next page is"`
	Token  *PageToken `y:"token" doc:"An opaque token for the next page"`
	Size   Params     `y:"size" doc:"Query parameter of the page size and its value"`
	End    *EndRule   `y:"end" doc:"What ends the collection"`
	Full   int        `y:"full" doc:"Rows of a full page, where the remote fixes it"`
	Steady bool       `y:"steady" doc:"true: rows come and go while they are read and no total tells; several pages are read again until a pass shows the same rows"`
	Guard  bool       `y:"shift_guard" doc:"true: rows deleted while reading must not hide others; needs ascending whole-number keys"`
	Most   int        `y:"most" doc:"Cap on pages; 100000 when absent"`
	_      struct{}   `reserved:"keyset,cursor,take,position,graphql,none,like"`
}

// EndRule is the rule that ends paging by number or offset.
type EndRule struct {
	Header string `y:"header" doc:"Header that tells the number of pages"`
	Body   string `y:"body" doc:"Path of the number of pages in the body"`
	Total  bool   `y:"total" doc:"true: ends when the total is reached"`
	Short  bool   `y:"short" doc:"true: ends with a page that is not full"`
	Empty  bool   `y:"empty" doc:"true: ends with a page without records"`
	More   string `y:"more" doc:"Path of a member that is true while there are more pages"`
}

// Place is where a value is in an answer: one of header, body, link.
type Place struct {
	Header string `y:"header" doc:"Header"`
	Body   string `y:"body" doc:"Dotted path in the body"`
	Link   string `y:"link" doc:"Relation in the Link header, RFC 8288"`
}

// PageToken is an opaque paging token.
type PageToken struct {
	Place `y:",inline"`
	Query string `y:"query,required" doc:"Query parameter the token goes into"`
	Alone bool   `y:"alone" doc:"true: the token is sent without the other query parameters"`
}

// Since says how changes since a time are read. The variables since and until
// are texts in the declared layout and zone. With keyset, changes are read since
// a key, and the variable since is the highest one read, or first.
type Since struct {
	Keyset  string `y:"keyset" doc:"Member with a whole number that grows with every change, in whose order rows come, such as a row version; in place of a time"`
	First   string `y:"first" doc:"What since is in a full read by keyset; query is left out of it when absent"`
	Query   Params `y:"query" doc:"Query parameters of the lower bound, in place of the request's own of the same name" scope:"since,until,partition"`
	Until   Params `y:"until" doc:"Query parameters of the upper bound, for windows" scope:"since,until,partition"`
	Changed string `y:"changed" doc:"Member with the time of the last change"`
	Layout  string `y:"layout" doc:"Layout of the bounds and of changed: Go's reference time, unix, unix_ms or date_ms; 2006-01-02T15:04:05Z07:00 when absent"`
	Zone    string `y:"zone" doc:"Time zone of values without one; UTC when absent"`
	// Exclusive bounds are lowered by one unit of the layout.
	Exclusive bool          `y:"exclusive" doc:"true: the remote leaves out records changed exactly at the bound"`
	Overlap   time.Duration `y:"overlap" doc:"How far an incremental read goes back before its cursor"`
	By        string        `y:"by" doc:"What the bound compares with; change when absent" enum:"change,creation"`
	LookBack  *Template     `y:"look_back" doc:"Days to go back from now, for bounds by creation"`
	// Retention is how far back the remote keeps changes. A cursor older than
	// that cannot be gone on from.
	Retention time.Duration `y:"retention" doc:"How far back the remote tells changes; a cursor older than that makes the read a full one"`
	Windows   *Windows      `y:"windows" doc:"The remote is asked for one span of time after another; a full read covers the retention"`
	Recent    *Recent       `y:"recent" doc:"How the last minutes are asked for at once, in place of windows, while the cursor is young enough"`
}

// Bounded reports whether a read can end at a time in the past.
func (s *Since) Bounded() bool { return len(s.Until) > 0 || s.Windows != nil }

// Windows cut the time that is read into spans. The variable window holds the
// texts from and until in the layout and zone of since.
type Windows struct {
	Every time.Duration `y:"every,required" doc:"Length of a window; whole days begin at midnight in the zone"`
	Most  int           `y:"most" doc:"Most windows of one read; 1000 when absent"`
	Query Params        `y:"query,required" doc:"Query parameters of a window" scope:"window,partition"`
}

// Recent asks for the last minutes before now. The variable window.minutes is
// how many cover everything since the cursor, rounded up.
type Recent struct {
	Most  time.Duration `y:"most,required" doc:"The longest span the remote takes"`
	Query Params        `y:"query,required" doc:"Query parameters of the span" scope:"window,partition"`
}

// Partition is one part of a collection, chosen by values that its requests
// carry. The variable partition holds them.
type Partition struct {
	Set  Params `y:"set,required" doc:"Values of the variable partition"`
	When *Expr  `y:"when" doc:"Condition on credentials and settings under which the part is read"`
}

// One says how one record is read.
type One struct {
	Request `y:",inline"`
	Records Selector `y:"records" doc:"Where the record is in the answer; the whole body when absent"`
	Gone    *Gone    `y:"gone" doc:"How a deleted record answers"`
}

// Gone is the test that a single record was deleted.
type Gone struct {
	Status Statuses `y:"status" doc:"Statuses of a deleted record"`
	When   *Expr    `y:"when" doc:"Condition on response and body" scope:"response,body"`
}

// Finds are requests that find records by another key; the variable value
// holds it.
type Finds struct {
	SKU    *FindBy `y:"sku" doc:"By SKU"`
	EAN    *FindBy `y:"ean" doc:"By EAN"`
	Number *FindBy `y:"number" doc:"By order number"`
}

// FindBy is one way to find records.
type FindBy struct {
	Request `y:",inline"`
	Where   *Expr `y:"where" doc:"Which of the records found count, where the remote finds more" scope:"record"`
}
