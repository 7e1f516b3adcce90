package mapping

// Limits of what one mapping may cost. They are constants, not settings: a
// tenant's expression is as bounded on a large machine as on a small one, and
// the same expression fails in the same place everywhere.
const (
	maxSource     = 256 << 10 // bytes of one mapping.yaml
	maxExpression = 4 << 10   // bytes of one expression
	maxNodes      = 1000      // nodes of one parsed expression
	maxPredicates = 3         // predicates inside one another
	maxPattern    = 2000      // instructions of one regular expression

	maxSteps       = 100_000   // steps of one evaluation
	maxRecordSteps = 2_000_000 // steps of all evaluations for one record
	maxBytes       = 1 << 20   // bytes one evaluation may make
	maxList        = 10_000    // elements of one list
	maxMemory      = 50_000    // list and map elements one evaluation may build
	maxOutput      = 256 << 10 // bytes of one JSON field
	maxDepth       = 100       // nesting of a record's JSON and of a JSON field
	maxElements    = 100_000   // list elements decoded from one record
	maxRecord      = 16 << 20  // bytes of one record

	maxDigits   = 100 // digits of a decimal's coefficient
	maxExponent = 64  // powers of ten of a decimal, either way
	maxLiteral  = 400 // bytes of a number in JSON or text
	maxReason   = 500 // bytes of an input shown in an error
)

// Semantics is the version of what expressions mean. It is part of every
// mapping's digest: a change of a function or rule that changes mapped values
// raises it, so that unchanged records are mapped again.
const Semantics = 1

// A Go int holds every whole number of an expression; this fails to compile
// where it could not.
const _ = uint(1) << 63
