package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// truth is the shop as it tells of itself.
type truth struct {
	// items are products, variable ones and variations, by id.
	items     map[string]*item
	suppliers map[string]supplier
	ledger    []ordered
}

// item is a line of /_demo/truth/products.
type item struct {
	ID           int64  `json:"id"`
	ParentID     int64  `json:"parent_id"`
	Type         string `json:"type"`
	SKU          string `json:"sku"`
	InheritedSKU bool   `json:"inherited_sku"`
	Name         string `json:"name"`
	ParentName   string `json:"parent_name"`
	Price        string `json:"price"`
	ManageStock  any    `json:"manage_stock"`
	Stock        *int64 `json:"stock"`
	EAN          string `json:"ean"`
	Status       string `json:"status"`
	ParentStatus string `json:"parent_status"`
	Virtual      bool   `json:"virtual"`
	Downloadable bool   `json:"downloadable"`
	Modified     string `json:"modified"`
}

// sold reports whether it is an object of ours: a variable product is not,
// its variations are.
func (i *item) sold() bool { return i.Type != "variable" }

// stream is where its record belongs.
func (i *item) stream() string {
	if i.Type == "variation" {
		return "variations"
	}
	return "products"
}

type supplier struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// ordered is one reference of the ledger with every order under it.
type ordered struct {
	Reference string `json:"reference"`
	Orders    []struct {
		ID    int64 `json:"id"`
		Lines []struct {
			ID        int64 `json:"id"`
			ProductID int64 `json:"product_id"`
			Quantity  int64 `json:"quantity"`
		} `json:"lines"`
	} `json:"orders"`
}

func readTruth(ctx context.Context, shop string) (*truth, error) {
	t := &truth{items: map[string]*item{}, suppliers: map[string]supplier{}}
	err := lines(ctx, shop+"/_demo/truth/products", func(i item) { t.items[strconv.FormatInt(i.ID, 10)] = &i })
	if err != nil {
		return nil, err
	}
	err = lines(ctx, shop+"/_demo/truth/suppliers", func(s supplier) { t.suppliers[strconv.FormatInt(s.ID, 10)] = s })
	if err != nil {
		return nil, err
	}
	if len(t.items) == 0 {
		return nil, errors.New("the demo shop tells of no products")
	}
	body, err := get(ctx, shop+"/_demo/ledger?kind=purchase_orders")
	if err != nil {
		return nil, err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(&t.ledger); err != nil {
		return nil, fmt.Errorf("read the demo shop's ledger: %w", err)
	}
	return t, nil
}

// lines reads JSON values, one after the other.
func lines[T any](ctx context.Context, url string, each func(T)) error {
	body, err := get(ctx, url)
	if err != nil {
		return err
	}
	defer body.Close()
	for in := json.NewDecoder(body); ; {
		var line T
		err := in.Decode(&line)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", url, err)
		}
		each(line)
	}
}

func get(ctx context.Context, url string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, fmt.Errorf("get %s: %s", url, res.Status)
	}
	return res.Body, nil
}
