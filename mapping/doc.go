// Package mapping translates records of remote systems into the objects of the
// canonical model: one compiled expression per field, from a mapping.yaml.
//
// Compile reads the file, checks every expression against the shapes of the
// streams it is mapped from and against the type of the field it fills, and
// reports everything wrong at once with file, line and column. An Evaluator then
// maps records: it checks the whole of a record's JSON, decodes only the members
// that some expression reads, runs the expressions and applies the rules of each
// field's type. What cannot be mapped is an error that names field, expression
// and input; what was changed on the way is a note.
//
// Expressions are those of github.com/expr-lang/expr. Every operator and
// function a tenant can make expensive is replaced by one that draws on a budget
// of steps and bytes, so that an evaluation is bounded in memory and time
// without timers, and fails in the same place on every machine. Null given to an
// operator or function gives null, compares as false and counts as false in a
// condition; numbers are whole or exact decimals, never binary fractions.
//
// An expression sees record, parent and joined, settings, version (of the remote)
// and now, the moment of the run; DigestOn makes those that compare dates with it
// run again when the day has changed.
//
// The package stores nothing and has no state beyond an Evaluator's memory.
package mapping
