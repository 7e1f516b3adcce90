package connectors

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/mapping"
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

// Cache holds compiled connectors by the inner id of their version, and with
// mapping overrides by theirs. Versions of both are immutable, so what is
// compiled once stays good.
type Cache struct {
	// Overrides loads overrides of a webshop by their inner ids, the strongest
	// last. Without it only connectors without overrides can be had.
	Overrides func(ctx context.Context, webshop int64, ids []int64) ([]mapping.Layer, error)

	load    func(ctx context.Context, version int64) (Source, error)
	loading singleflight.Group

	mu       sync.RWMutex
	compiled map[int64]*Connector
	over     map[string]*Connector
}

// overMost bounds the connectors with overrides that are kept; any of them makes
// room for a new one.
const overMost = 500

// NewCache returns a cache that loads the source of a version with load.
func NewCache(load func(ctx context.Context, version int64) (Source, error)) *Cache {
	return &Cache{load: load, compiled: map[int64]*Connector{}, over: map[string]*Connector{}}
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

// Over returns a version with overrides of a webshop laid over its mapping, the
// strongest last.
func (c *Cache) Over(ctx context.Context, version, webshop int64, overrides []int64) (*Connector, error) {
	base, err := c.Version(ctx, version)
	if err != nil || len(overrides) == 0 {
		return base, err
	}
	key := fmt.Sprint(version, overrides)
	c.mu.RLock()
	hit := c.over[key]
	c.mu.RUnlock()
	if hit != nil {
		return hit, nil
	}
	if c.Overrides == nil {
		return nil, koppel.E(koppel.KindInternal, "load overrides", "this process was not given a way to load mapping overrides")
	}
	layers, err := c.Overrides(ctx, webshop, overrides)
	if err == nil && len(layers) != len(overrides) {
		err = koppel.E(koppel.KindNotFound, "load overrides", "a mapping override that a run pinned is not there any more")
	}
	if err != nil {
		return nil, koppel.Wrap("load overrides", err)
	}
	made, err := base.Over(layers)
	if err != nil {
		return nil, koppel.Wrap("compile overrides", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for old := range c.over {
		if len(c.over) < overMost {
			break
		}
		delete(c.over, old)
	}
	c.over[key] = made
	return made, nil
}
