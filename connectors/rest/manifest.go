package rest

import (
	"time"

	"github.com/koppel-io/koppel"
)

// Manifest is a parsed connector.yaml: how to talk to one remote system. It is
// immutable after Parse and safe for concurrent use.
//
// Expressions everywhere may use credentials (with what was captured after a
// login), settings, app, environment and version (of the remote, empty when not
// detected); a tag scope adds what a block sees besides.
type Manifest struct {
	// Connector is the id of the connector: lower case, as in its folder.
	Connector string `y:"connector,required" doc:"Id of the connector, lower case, the name of its folder"`
	// Version is the connector's own semantic version.
	Version string `y:"version,required" doc:"Semantic version of this connector, such as 1.0.0"`
	// Name is the display name.
	Name string `y:"name,required" doc:"Name as people read it"`
	// ProviderTypes says what the connector is for.
	ProviderTypes []string `y:"provider_types,required" doc:"What it is for" enum:"sync,order_provider,loyalty_service,recipient,accounting,payment_provider"`
	// Docs is the address of the remote's API documentation.
	Docs string `y:"docs" doc:"Address of the remote's API documentation"`
	// Credentials describes the fields of a credential, in the order of the form.
	Credentials Fields `y:"credentials" doc:"Fields of a credential; they become the connect form"`
	// Settings describes the connector's own settings of a coupling.
	Settings Fields `y:"settings" doc:"Settings of a coupling that only this connector has"`
	// App describes what our own partner app at the remote has; expressions read it as app.
	App Fields `y:"app" doc:"Fields of our own partner app, held once per installation and environment; app.<name> in expressions"`
	// Environments are the remote's systems; the first is the one that is used unless a credential names another.
	Environments Environments `y:"environments" doc:"The remote's systems, such as production and sandbox, each with named values; environment.<name> in expressions"`
	HTTP         HTTP         `y:"http,required" doc:"How requests are made"`
	// Streams are the collections of the remote, in the order of the file.
	Streams Streams `y:"streams" doc:"The collections of the remote"`
	Push    Pushes  `y:"push" doc:"How objects are written, by object"`
	// Webhooks is nil for a remote that does not call us.
	Webhooks *Webhooks `y:"webhooks" doc:"How the remote tells of changes by calling us"`

	// Digest is the SHA-256 of the source, in hex.
	Digest string

	_ struct{} `reserved:"actions,events,migrations,fragments"`
}

// Stream returns the named stream as declared, before choose; nil when there is none.
func (m *Manifest) Stream(name string) *Stream {
	for _, s := range m.Streams {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Shape returns the shape of the named stream's records; nil when none is declared.
func (m *Manifest) Shape(stream string) *koppel.Shape {
	s := m.Stream(stream)
	if s == nil || s.Shape == nil {
		return nil
	}
	return &s.Shape.Shape
}

// HTTP is how requests of the connector are made.
type HTTP struct {
	Base      Template `y:"base,required" doc:"Address that paths are appended to"`
	Auth      []Auth   `y:"auth,one" doc:"How requests are authorized; of several, the first whose when holds"`
	Headers   Params   `y:"headers" doc:"Headers of every request"`
	UserAgent Template `y:"user_agent" doc:"User-Agent, where the remote wants its own"`
	Budget    Budget   `y:"budget" doc:"What the remote allows"`
	Check     *Request `y:"check" doc:"A cheap request that proves the credentials"`
	Detect    *Detect  `y:"detect" doc:"How the remote's version is found"`
	Capture   Captures `y:"capture" doc:"Values that are read once after a login, or chosen from a list; credentials.<name> in expressions"`
	Responses []Rule   `y:"responses" doc:"What answers mean where the usual table is wrong; the first rule that matches counts" scope:"response,body"`
	// ErrorText is where the remote says what is wrong; a list of usual places when absent.
	ErrorText *Expr         `y:"error_text" doc:"The remote's own words in an error answer" scope:"response,body"`
	Timeout   time.Duration `y:"timeout" doc:"Limit of one request, body included"`
	MaxBody   Size          `y:"max_body" doc:"Largest answer, decompressed, such as 32MiB"`

	_ struct{} `reserved:"tls,encoding,proxy"`
}

// Detect says how the remote's version is found.
type Detect struct {
	Version DetectVersion `y:"version,required" doc:"The remote's version"`
}

// DetectVersion is a request and the place of the version in its answer.
type DetectVersion struct {
	Request `y:",inline"`
	Value   *Expr `y:"value,required" doc:"The version" scope:"body"`
}

// Request is a method, a path and what goes with it.
type Request struct {
	Get     *Template `y:"get" doc:"Path of a GET request, or a whole address"`
	Post    *Template `y:"post" doc:"Path of a POST request, or a whole address"`
	Put     *Template `y:"put" doc:"Path of a PUT request, or a whole address"`
	Patch   *Template `y:"patch" doc:"Path of a PATCH request, or a whole address"`
	Delete  *Template `y:"delete" doc:"Path of a DELETE request, or a whole address"`
	Query   Params    `y:"query" doc:"Query parameters; one whose value is null is left out"`
	Headers Params    `y:"headers" doc:"Headers"`
	Body    *Body     `y:"body" doc:"JSON body"`
	// Idempotent lets a request that is not a GET be repeated.
	Idempotent bool `y:"idempotent" doc:"true: a POST or PUT that only reads and may be repeated"`
	// Budget names the operation whose own budget the request counts against.
	Budget OperationName `y:"budget" doc:"Operation of http.budget.operations that the request counts against as well"`

	_ struct{} `reserved:"form,xml,raw,graphql,base,accept"`
}

// method and path of the request; empty when none is declared.
func (r *Request) target() (method string, path *Template) {
	switch {
	case r.Get != nil:
		return "GET", r.Get
	case r.Post != nil:
		return "POST", r.Post
	case r.Put != nil:
		return "PUT", r.Put
	case r.Patch != nil:
		return "PATCH", r.Patch
	case r.Delete != nil:
		return "DELETE", r.Delete
	}
	return "", nil
}

// Match is what an answer must be like. All conditions that are given must hold.
type Match struct {
	Status  Statuses `y:"status" doc:"Status, class such as 5xx, range such as 500-503, or a list of these"`
	Headers Params   `y:"header" doc:"Headers with their value; * for any value"`
	When    *Expr    `y:"when" doc:"Condition on response and body"`
}

// Rule says what an answer means.
type Rule struct {
	Match  `y:",inline"`
	Then   string        `y:"then,required" doc:"What to do" enum:"retry,wait,refresh_and_retry,empty,gone,needs_reauth,needs_permission,blocked,ignore,fail"`
	For    time.Duration `y:"for" doc:"How long to wait when the remote does not say; with wait"`
	Detail *Template     `y:"detail" doc:"What a person reads; the remote's own words when absent"`
}
