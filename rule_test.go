package koppel_test

import (
	"testing"

	"github.com/koppel-io/koppel"
)

func TestEveryFieldIsInOneGroup(t *testing.T) {
	t.Parallel()
	for _, object := range koppel.Objects() {
		seen := map[string]string{}
		for _, group := range object.Groups() {
			for _, field := range group.Fields {
				if _, _, ok := object.Field(field); !ok {
					t.Errorf("group %s of %s has the unknown field %s", group.Name, object, field)
				}
				if seen[field] != "" {
					t.Errorf("field %s of %s is in groups %s and %s", field, object, seen[field], group.Name)
				}
				seen[field] = group.Name
				if got := object.GroupOf(field); got != group.Name {
					t.Errorf("GroupOf(%s) is %s, want %s", field, got, group.Name)
				}
			}
		}
		if len(seen) != len(object.Fields()) {
			t.Errorf("%d fields of %s are grouped, want %d", len(seen), object, len(object.Fields()))
		}
	}
}

func TestMappingKeysAreFields(t *testing.T) {
	t.Parallel()
	for _, object := range koppel.Objects() {
		for _, key := range object.MappingKeys() {
			if _, _, ok := object.Field(key); !ok && key != koppel.ByRemoteID {
				t.Errorf("%s has no field %s", object, key)
			}
		}
	}
}
