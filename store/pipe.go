package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
)

// pipe gathers the writing statements of a batch and sends them in one round trip. Rows go as one binary array a
// statement (docs/adr/0002-storage.md says why).
type pipe struct {
	tx    *Tx
	types map[string]rowTypeIDs
	steps []step
}

type step struct {
	sql  string
	args []arg
	// want is how many rows it must touch; -1 for any.
	want int64
	// each gets the result's rows as text; nil when there are none to read.
	each func(row [][]byte) error
}

// arg is one parameter of a statement in its wire form.
type arg struct {
	value  []byte
	oid    uint32
	format int16
}

func intArg(v int64) arg      { return arg{strconv.AppendInt(nil, v, 10), oidInt8, 0} }
func textArg(v string) arg    { return arg{[]byte(v), oidText, 0} }
func intsArg(v []int64) arg   { return arg{appendInts(nil, v), oidInt8Array, 1} }
func textsArg(v []string) arg { return arg{appendTexts(nil, v), oidTextArray, 1} }
func bytesArg(v []byte) arg   { return arg{v, oidBytea, 1} }
func boolArg(v bool) arg      { return arg{strconv.AppendBool(nil, v), oidBool, 0} }

// jsonbArg is null for nil.
func jsonbArg(v []byte) arg { return arg{v, oidJSONB, 0} }

func (p *pipe) rowsArg(r *rows) arg {
	id := p.types[r.typ.name]
	return arg{r.finish(id.Element), id.Array, 1}
}

// errRows says that a statement touched fewer rows than it must: a row that was read or locked is gone.
var errRows = errors.New("a row that the batch counted on is gone")

func (p *pipe) add(want int64, sql string, args ...arg) {
	p.steps = append(p.steps, step{sql: sql, args: args, want: want})
}

func (p *pipe) query(sql string, each func([][]byte) error, args ...arg) {
	p.steps = append(p.steps, step{sql: sql, args: args, want: -1, each: each})
}

// run sends what was added and checks every answer. The steps are gone afterwards.
func (p *pipe) run(ctx context.Context) (err error) {
	if len(p.steps) == 0 {
		return nil
	}
	steps := p.steps
	p.steps = nil
	pipeline := p.tx.tx.Conn().PgConn().StartPipeline(ctx)
	defer func() {
		if closeErr := pipeline.Close(); err == nil {
			err = closeErr
		}
	}()
	for _, s := range steps {
		values, oids, formats := make([][]byte, len(s.args)), make([]uint32, len(s.args)), make([]int16, len(s.args))
		for i, a := range s.args {
			values[i], oids[i], formats[i] = a.value, a.oid, a.format
		}
		pipeline.SendQueryParams(s.sql, values, oids, formats, nil)
	}
	if err := pipeline.Sync(); err != nil {
		return err
	}
	for _, s := range steps {
		if err := s.read(pipeline); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) read(pipeline *pgconn.Pipeline) error {
	result, err := pipeline.GetResults()
	if err != nil {
		return err
	}
	reader, ok := result.(*pgconn.ResultReader)
	if !ok {
		return fmt.Errorf("the pipeline answered %T", result)
	}
	for reader.NextRow() {
		if s.each == nil {
			continue
		}
		if err := s.each(reader.Values()); err != nil {
			return err
		}
	}
	tag, err := reader.Close()
	if err != nil {
		return err
	}
	if s.want >= 0 && tag.RowsAffected() != s.want {
		return fmt.Errorf("%w: %q touched %d rows of %d", errRows, firstWords(s.sql), tag.RowsAffected(), s.want)
	}
	return nil
}

// firstWords names a statement in an error.
func firstWords(sql string) string {
	const most = 40
	return sql[:min(most, len(sql))]
}
