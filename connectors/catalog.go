package connectors

import (
	"context"
	"embed"
	"io/fs"
	"path"
	"strconv"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/koppel-io/koppel"
)

//go:embed */connector.yaml */mapping.yaml
var builtin embed.FS

// Builtin returns the source of every built-in connector, by name.
func Builtin() (map[string]Source, error) {
	files, err := fs.Glob(builtin, "*/connector.yaml")
	if err != nil {
		return nil, koppel.Wrap("built-in connectors", err)
	}
	sources := make(map[string]Source, len(files))
	for _, file := range files {
		name := path.Dir(file)
		manifest, err := builtin.ReadFile(file)
		if err != nil {
			return nil, koppel.Wrap("built-in connector "+name, err)
		}
		mapped, err := builtin.ReadFile(path.Join(name, "mapping.yaml"))
		if err != nil {
			return nil, koppel.Wrap("built-in connector "+name, err)
		}
		sources[name] = Source{Manifest: string(manifest), Mapping: string(mapped)}
	}
	return sources, nil
}

// Cache holds compiled connectors by the inner id of their version. Versions
// are immutable, so what is compiled once stays good.
type Cache struct {
	load    func(ctx context.Context, version int64) (Source, error)
	loading singleflight.Group

	mu       sync.RWMutex
	compiled map[int64]*Connector
}

// NewCache returns a cache that loads the source of a version with load.
func NewCache(load func(ctx context.Context, version int64) (Source, error)) *Cache {
	return &Cache{load: load, compiled: map[int64]*Connector{}}
}

// Version returns the compiled connector of a version. Callers that miss at
// the same moment compile it once; one that is there waits for nobody.
func (c *Cache) Version(ctx context.Context, version int64) (*Connector, error) {
	if hit := c.get(version); hit != nil {
		return hit, nil
	}
	// The load must not end with the first of several callers.
	result := c.loading.DoChan(strconv.FormatInt(version, 10), func() (any, error) {
		return c.compile(context.WithoutCancel(ctx), version)
	})
	select {
	case made := <-result:
		if made.Err != nil {
			return nil, made.Err
		}
		return made.Val.(*Connector), nil
	case <-ctx.Done():
		return nil, koppel.Wrap("load connector version", ctx.Err())
	}
}

func (c *Cache) get(version int64) *Connector {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.compiled[version]
}

func (c *Cache) compile(ctx context.Context, version int64) (*Connector, error) {
	if hit := c.get(version); hit != nil {
		return hit, nil // made between the caller's look and now
	}
	source, err := c.load(ctx, version)
	if err != nil {
		return nil, koppel.Wrap("load connector version", err)
	}
	made, err := Compile(source)
	if err != nil {
		return nil, koppel.Wrap("compile connector version", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.compiled[version] = made
	return made, nil
}
