package main

import "github.com/koppel-io/koppel/mapping"

// listed is what a record gives of an object of which it gives several.
func (t *trial) listed(program *mapping.Program, in mapping.Input) (o triedObject) {
	results, err := t.mapper.MapList(program, in)
	for _, result := range results {
		o.List = append(o.List, triedObject{RemoteID: result.RemoteID, Values: named(program.Object().Fields(), result.Values), Notes: result.Notes, Skipped: result.Skip})
	}
	if err != nil {
		o.Error = err.Error()
	}
	return o
}
