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
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/_demo/truth/products?limit="+strconv.Itoa(most), nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var ids []string
	for lines := json.NewDecoder(res.Body); lines.More(); {
		var line struct {
			ID   int64
			Type string
		}
		if err := lines.Decode(&line); err != nil {
			return nil, err
		}
		if line.Type != "variable" {
			ids = append(ids, strconv.FormatInt(line.ID, 10))
		}
	}
	return ids, nil
}
