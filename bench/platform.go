package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/koppel-io/koppel/cmd/process"
	"github.com/koppel-io/koppel/migrations"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/localpg"
	"github.com/koppel-io/koppel/temporal"
	"github.com/koppel-io/koppel/temporal/devserver"
)

// platform is what every bench runs on: a durable PostgreSQL with a migrated
// template, Temporal, and a keyset.
type platform struct {
	dir     string
	koppel  string
	pg      *localpg.Server
	pid     int
	dev     *devserver.Server
	keyText string
	keys    *store.Keys
	bases   int
}

// settings are a small server's; durability is PostgreSQL's default. Few
// checkpoints, so that none falls into one side's round only.
var settings = map[string]string{
	"shared_buffers": "512MB", "max_wal_size": "8GB", "checkpoint_timeout": "1h", "autovacuum": "off", "max_connections": "60",
}

func startPlatform(ctx context.Context) (p *platform, err error) {
	p = &platform{keyText: store.NewMasterKey("bench").Reveal()}
	if p.keys, err = store.ParseKeys(p.keyText); err != nil {
		return nil, err
	}
	if p.dir, err = os.MkdirTemp("", "koppel-bench-"); err != nil {
		return nil, err
	}
	if err := p.buildProduct(ctx); err != nil {
		return p, err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if p.pg, err = localpg.Start(ctx, localpg.Config{Dir: filepath.Join(p.dir, "pg"), Settings: settings, Log: log}); err != nil {
		return p, err
	}
	p.pid = p.pg.PID()
	if err := p.owner(ctx, "postgres", "CREATE DATABASE template_bench"); err != nil {
		return p, err
	}
	if _, err := migrations.Up(ctx, p.pg.DSN("template_bench", "postgres"), log); err != nil {
		return p, err
	}
	app, err := p.open(ctx, "template_bench", store.App)
	if err != nil {
		return p, err
	}
	_, err = process.PublishBuiltin(ctx, app)
	app.Close()
	if err != nil {
		return p, err
	}
	p.dev, err = devserver.Start(ctx, devserver.Config{SearchAttributes: temporal.SearchAttributes(), Log: log})
	return p, err
}

func (p *platform) stop() error {
	if p.dev != nil {
		p.dev.Stop()
	}
	if p.pg == nil {
		return os.RemoveAll(p.dir)
	}
	return errors.Join(p.pg.Stop(localpg.Fast), localpg.Remove(filepath.Join(p.dir, "pg")), os.RemoveAll(p.dir))
}

// base makes a fresh database with the schema and the connectors.
func (p *platform) base(ctx context.Context) (string, error) {
	p.bases++
	name := fmt.Sprintf("bench_%d", p.bases)
	return name, p.owner(ctx, "postgres", "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE template_bench")
}

func (p *platform) drop(ctx context.Context, name string) error {
	return p.owner(ctx, "postgres", "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
}

func (p *platform) open(ctx context.Context, database string, role store.Role) (*store.DB, error) {
	return store.Open(ctx, store.Config{DSN: p.pg.DSN(database, string(role)), Role: role, Keys: p.keys, MaxConns: 4})
}

// owner runs statements as the owner, one after the other.
func (p *platform) owner(ctx context.Context, database string, statements ...string) error {
	conn, err := pgx.Connect(ctx, p.pg.DSN(database, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// source is the shop whose products are read, in a process of its own, with
// its pages rendered before anything is measured.
type source struct {
	*child
	URL string `json:"url"`
	// bytes of all pages, and the products on them.
	bytes    int64
	products int
}

func startSource(ctx context.Context, products int) (*source, error) {
	args := []string{
		"--addr", "127.0.0.1:0", "--slim", "--cache-pages", "--basic-over-http", "--products", fmt.Sprint(products), "--orders", "-1", "--suppliers", "-1",
	}
	c, err := startChild(ctx, roleSource, args, nil)
	if err != nil {
		return nil, err
	}
	s := &source{child: c, products: products}
	if err := s.hear(s); err != nil {
		return nil, err
	}
	return s, s.render(ctx)
}

// render asks for every page once, in both ways in which they are asked for.
func (s *source) render(ctx context.Context) error {
	for at := 0; at < s.products; at += pageSize {
		for _, query := range []string{fmt.Sprintf("page=%d", at/pageSize+1), fmt.Sprintf("offset=%d", at)} {
			body, err := get(ctx, http.DefaultClient, s.pageURL(query))
			if err != nil {
				return err
			}
			if query[0] == 'p' {
				s.bytes += int64(len(body))
			}
		}
	}
	return nil
}

const pageSize = 100

func (s *source) pageURL(query string) string {
	return fmt.Sprintf("%s/wp-json/wc/v3/products?orderby=id&order=asc&status=any&per_page=%d&%s", s.URL, pageSize, query)
}

// get reads one answer of the source.
func get(ctx context.Context, c *http.Client, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth("ck_demo", "cs_demo")
	res, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", url, res.Status)
	}
	return io.ReadAll(res.Body)
}
