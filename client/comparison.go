package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// Comparison is what a run found of one stream.
type Comparison struct {
	Run string `json:"run"`
	// Group is its stream group.
	Group string    `json:"group"`
	At    time.Time `json:"at"`
	koppel.Comparison
}

// Compare starts the runs that compare a coupling's remote with what is stored,
// one for each stream group, or only that of object where it is not "". sample
// is how many records of each stream are looked at; 0 for the usual number:
// POST /couplings/{id}/compare.
func (c *Client) Compare(ctx context.Context, coupling string, object koppel.Object, sample int) (runs []string, err error) {
	body := map[string]any{}
	if object != "" {
		body["object"] = object
	}
	if sample > 0 {
		body["sample"] = sample
	}
	started, err := send[struct {
		Runs []string `json:"runs"`
	}](ctx, c, http.MethodPost, at("couplings", coupling, "compare"), body)
	return started.Runs, err
}

// LastComparisons lists what was found last of each stream: GET /couplings/{id}/comparisons.
func (c *Client) LastComparisons(ctx context.Context, coupling string) ([]Comparison, error) {
	list, err := get[List[Comparison]](ctx, c, at("couplings", coupling, "comparisons"), nil)
	return list.Data, err
}

// RunComparison lists what a run found, by stream: GET /runs/{id}/comparison.
func (c *Client) RunComparison(ctx context.Context, run string) ([]Comparison, error) {
	list, err := get[List[Comparison]](ctx, c, at("runs", run, "comparison"), nil)
	return list.Data, err
}
