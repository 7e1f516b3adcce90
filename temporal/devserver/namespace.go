package devserver

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
)

// addSearchAttributes adds those the namespace lacks: it was made, perhaps by an earlier version, with others.
func addSearchAttributes(ctx context.Context, c client.Client, cfg Config) error {
	list := func() (map[string]enumspb.IndexedValueType, error) {
		res, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: cfg.Namespace})
		return res.GetCustomAttributes(), err
	}
	have, err := list()
	if err != nil {
		return fmt.Errorf("devserver: list search attributes: %w", err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	for name, kind := range cfg.SearchAttributes {
		switch got, ok := have[name]; {
		case !ok:
			missing[name] = kind
		case got != kind:
			return fmt.Errorf("devserver: search attribute %s is a %v in %s, not a %v: use another name, or a new database file", name, got, cfg.DBPath, kind)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if _, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: cfg.Namespace, SearchAttributes: missing}); err != nil {
		return fmt.Errorf("devserver: add search attributes: %w", err)
	}
	return wait(ctx, "Temporal about new search attributes", func() error {
		have, err := list()
		if err != nil {
			return err
		}
		for name := range missing {
			if _, ok := have[name]; !ok {
				return fmt.Errorf("search attribute %s is not there yet", name)
			}
		}
		return nil
	})
}

// noSDKLog silences the client that Start uses.
type noSDKLog struct{}

func (noSDKLog) Debug(string, ...any) {}
func (noSDKLog) Info(string, ...any)  {}
func (noSDKLog) Warn(string, ...any)  {}
func (noSDKLog) Error(string, ...any) {}
