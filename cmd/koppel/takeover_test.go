package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

func TestTakeoverFiles(t *testing.T) {
	t.Parallel()
	bike := koppel.TakeoverRow{Object: koppel.Products, RemoteID: "1041", ID: "p-77", SKU: "BIKE-1", Fields: map[string]any{"name": "Bicycle, red"}}
	for name, text := range map[string]string{
		"csv":            "object,remote_id,id,sku,name,price\nproducts,1041,p-77,BIKE-1,\"Bicycle, red\",\n",
		"spreadsheet":    "\ufeffobject;remote_id;id;sku;name\r\nproducts;1041;p-77;BIKE-1;Bicycle, red\r\n",
		"without object": "remote_id,id,sku,name\n1041,p-77,BIKE-1,\"Bicycle, red\"\n",
		"json lines":     `{"object":"products","remote_id":"1041","id":"p-77","sku":"BIKE-1","fields":{"name":"Bicycle, red"}}` + "\n\n",
	} {
		var rows []koppel.TakeoverRow
		for row, err := range takeoverRows(strings.NewReader(text), koppel.Products) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			rows = append(rows, row)
		}
		if diff := cmp.Diff([]koppel.TakeoverRow{bike}, rows); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for text, want := range map[string]string{
		"":                               "empty",
		"sku,ean\nA,1\n":                 "no column remote_id",
		"object,remote_id\nbikes,1\n":    `"bikes" is no object`,
		"remote_id\n1\n":                 "--object",
		"object,remote_id\nproducts,\n":  "no remote_id",
		`{"object":"products","sku":1}`:  "cannot unmarshal",
		`{"remote_id":"1","colour":"r"}`: "unknown field",
	} {
		var said error
		for _, err := range takeoverRows(strings.NewReader(text), "") {
			said = err
		}
		if said == nil || !strings.Contains(said.Error(), want) {
			t.Errorf("%q says %v, want %q", text, said, want)
		}
	}
}
