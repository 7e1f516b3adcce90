package main

import (
	"encoding/json"
	"fmt"

	"github.com/koppel-io/koppel/fakes/demoshop"
)

// state is what a restart must know and no other part keeps.
type state struct {
	Shop shopShape `json:"shop"`
	// ShopPort is where the coupling was last told that the demo shop listens; 0 before it was told.
	ShopPort int `json:"shop_port"`
}

// shopShape is what the demo shop generates everything from: another shape is another shop.
type shopShape struct {
	Products      int    `json:"products"`
	Orders        int    `json:"orders"`
	Suppliers     int    `json:"suppliers"`
	VariableEvery int    `json:"variable_every"`
	Seed          uint64 `json:"seed"`
}

// config of the shop. Its own zero means a default, ours means none.
func (s shopShape) config() demoshop.Config {
	none := func(n int) int {
		if n == 0 {
			return -1
		}
		return n
	}
	return demoshop.Config{
		Products: none(s.Products), Orders: none(s.Orders), Suppliers: none(s.Suppliers),
		VariableEvery: s.VariableEvery, Seed: s.Seed,
	}
}

// loadState reads the state of an earlier start; nil when there was none.
func (h *home) loadState() (*state, error) {
	text, err := readFile(h.path(stateFile))
	if err != nil || text == "" {
		return nil, err
	}
	st := &state{}
	if err := json.Unmarshal([]byte(text), st); err != nil {
		return nil, fmt.Errorf("%s cannot be read (%w): begin anew with koppel-dev reset --dir %s", h.path(stateFile), err, h.dir)
	}
	return st, nil
}

func (h *home) saveState(st state) error {
	b, err := json.MarshalIndent(st, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", stateFile, err)
	}
	return writeFile(h.path(stateFile), append(b, '\n'))
}
