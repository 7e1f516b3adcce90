// Package connectors is the catalogue: it joins how to talk to a remote
// (connectors/rest) with what its records mean (mapping) into one compiled
// connector by digest, which the API, the CLI, activities and tests use.
//
// Built-in connectors are the folders beside this file, embedded into the
// binary and published by migrate; others reach a running platform through
// koppel connector publish. A version is immutable, so a compiled one is
// cached for as long as the process lives.
//
// A connector's folder also holds golden cases, testdata/*.golden, each a file
// of plain text that tells one story: settings, recorded exchanges, objects.
// [Golden] runs them without a network; the acceptance suite of this package
// runs them for every built-in connector and lists what a connector declares
// and none of its cases uses.
package connectors
