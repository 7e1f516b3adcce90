package koppel

// Login is one login of a customer at a remote system, RFC 6749 section 4.1.
// State and Verifier are random, Redirect is where the remote sends the browser
// back.
type Login struct{ State, Verifier, Redirect string }

// Captured is a value of a remote account as it was found after the login.
// Choices are there when the customer has to choose; Value is then what the
// remote suggests, if anything.
type Captured struct {
	Name, Title string
	Value       any
	Choices     []Choice
}

// Choice is one entry that a customer may choose.
type Choice struct{ Value, Label string }
