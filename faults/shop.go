package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/koppel-io/koppel/fakes/demoshop"
)

// host is where everything listens.
const host = "127.0.0.1"

// shop is the demo shop in a process of its own.
type shop struct {
	*child
	url string
}

// startShop starts a shop of so many products with its journal in a file.
func startShop(products int, journal string, seed uint64, log io.Writer) (*shop, error) {
	c, err := startChild(roleShop, []string{
		"-addr", host + ":0", "-products", strconv.Itoa(products), "-variable-every", "100", "-orders", "5", "-slim",
		"-seed", strconv.FormatUint(seed, 10), "-journal", journal,
	}, log)
	if err != nil {
		return nil, err
	}
	s := &shop{child: c}
	var told struct{ URL string }
	if err := s.hear(&told); err != nil {
		return nil, fmt.Errorf("demo shop: %w", err)
	}
	s.url = told.URL
	return s, nil
}

// misbehave replaces how the shop misbehaves.
func (s *shop) misbehave(ctx context.Context, m demoshop.Misbehaviour) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/_demo/misbehave", bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
		return fmt.Errorf("the demo shop refuses %s: %s", body, text)
	}
	return nil
}

// sold are the remote ids of the first products that can be bought.
func (s *shop) sold(ctx context.Context, most int) ([]string, error) {
	var ids []string
	err := s.told(ctx, "/_demo/truth/products?limit="+strconv.Itoa(most), func(line told) {
		if line.Type != "variable" {
			ids = append(ids, strconv.FormatInt(line.ID, 10))
		}
	})
	return ids, err
}

// gone are the remote ids of what was listed once and is not any more.
func (s *shop) gone(ctx context.Context) (map[string]bool, error) {
	ids := map[string]bool{}
	err := s.told(ctx, "/_demo/truth/gone", func(line told) { ids[strconv.FormatInt(line.ID, 10)] = true })
	return ids, err
}

// struck is how many answers were spoiled so far.
func (s *shop) struck(ctx context.Context) (n int64, err error) {
	err = s.told(ctx, "/_demo/ledger", func(line told) {
		for _, times := range line.Faults {
			n += times
		}
	})
	return n, err
}

// told is what the shop tells of itself, as far as a board asks.
type told struct {
	ID     int64
	Type   string
	Faults map[string]int64
}

// told reads JSON values, one after the other.
func (s *shop) told(ctx context.Context, path string, each func(told)) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	for values := json.NewDecoder(res.Body); values.More(); {
		var value told
		if err := values.Decode(&value); err != nil {
			return err
		}
		each(value)
	}
	return nil
}
