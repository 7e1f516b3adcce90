package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/koppel-io/koppel"
)

// takeoverLine is the longest line of a mapping, in bytes.
const takeoverLine = 1 << 20

// takeoverRows reads a mapping: JSON lines where the first letter is a brace, else CSV with a first line of names.
func takeoverRows(from io.Reader, usual koppel.Object) iter.Seq2[koppel.TakeoverRow, error] {
	return func(yield func(koppel.TakeoverRow, error) bool) {
		text := bufio.NewReaderSize(from, 64<<10)
		head, err := text.Peek(3)
		if err != nil && len(head) == 0 {
			yield(koppel.TakeoverRow{}, usagef("the file is empty"))
			return
		}
		if string(head) == "\ufeff" { // the mark that spreadsheets write
			_, _ = text.Discard(3)
			head, _ = text.Peek(1)
		}
		read := csvRows
		if head[0] == '{' {
			read = jsonRows
		}
		line := 0
		err = read(text, func(n int, row koppel.TakeoverRow) (bool, error) {
			if line = n; row.Object == "" {
				row.Object = usual
			}
			switch {
			case row.Object == "":
				return false, fmt.Errorf("no object; name it in a column, or all by --object")
			case !slices.Contains(koppel.Objects(), row.Object):
				return false, fmt.Errorf("%q is no object; there are: %s", row.Object, strings.Join(words(koppel.Objects()), ", "))
			case row.RemoteID == "":
				return false, fmt.Errorf("no remote_id")
			}
			return yield(row, nil), nil
		})
		if err != nil {
			yield(koppel.TakeoverRow{}, usagef("after line %d: %v", line, err))
		}
	}
}

func jsonRows(text *bufio.Reader, each func(int, koppel.TakeoverRow) (bool, error)) error {
	lines := bufio.NewScanner(text)
	lines.Buffer(make([]byte, 0, 64<<10), takeoverLine)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		var row koppel.TakeoverRow
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.UseNumber()
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&row); err != nil {
			return err
		}
		if more, err := each(n, row); err != nil || !more {
			return err
		}
	}
	return lines.Err()
}

func csvRows(text *bufio.Reader, each func(int, koppel.TakeoverRow) (bool, error)) error {
	table := csv.NewReader(text)
	table.ReuseRecord = true
	if first, err := text.Peek(text.Buffered()); err == nil {
		head, _, _ := strings.Cut(string(first), "\n")
		for _, comma := range []rune{';', '\t'} {
			if strings.ContainsRune(head, comma) && !strings.Contains(head, ",") {
				table.Comma = comma
			}
		}
	}
	head, err := table.Read()
	if err != nil {
		return err
	}
	names := make([]string, len(head))
	for i, name := range head {
		names[i] = strings.ToLower(strings.TrimSpace(name))
	}
	if !slices.Contains(names, "remote_id") {
		return fmt.Errorf("the first line names no column remote_id: %s", strings.Join(names, ", "))
	}
	for {
		cells, err := table.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := table.FieldPos(0)
		if more, err := each(line, csvRow(names, cells)); err != nil || !more {
			return err
		}
	}
}

func csvRow(names, cells []string) koppel.TakeoverRow {
	var row koppel.TakeoverRow
	for i, cell := range cells {
		cell = strings.TrimSpace(cell)
		switch names[i] {
		case "object":
			row.Object = koppel.Object(cell)
		case "remote_id":
			row.RemoteID = cell
		case "id":
			row.ID = cell
		case "sku":
			row.SKU = cell
		case "ean":
			row.EAN = cell
		default:
			if cell == "" {
				continue
			}
			if row.Fields == nil {
				row.Fields = map[string]any{}
			}
			row.Fields[names[i]] = cell
		}
	}
	return row
}
