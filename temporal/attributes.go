package temporal

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/workflows"
)

// SearchAttributes are the names and types that a namespace needs.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	return map[string]enumspb.IndexedValueType{
		workflows.WebshopAttribute.GetName():   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		workflows.CouplingAttribute.GetName():  enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		workflows.ConnectorAttribute.GetName(): enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		workflows.ObjectsAttribute.GetName():   enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
		workflows.TriggerAttribute.GetName():   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	}
}

// EnsureSearchAttributes registers the search attributes that the namespace
// lacks. A managed cluster may refuse; the error then says what to register
// by hand.
func EnsureSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	have, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return wrap("temporal: list search attributes", err)
	}
	missing := SearchAttributes()
	for name := range have.GetCustomAttributes() {
		delete(missing, name)
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: missing})
	var exists *serviceerror.AlreadyExists
	if err == nil || errors.As(err, &exists) {
		return nil
	}
	return &koppel.Error{
		Kind: koppel.KindPermission, Op: "temporal: add search attributes", Err: err,
		Detail: "register these in the namespace " + namespace + ": Webshop, Coupling, Connector, Trigger (Keyword) and Objects (KeywordList)",
	}
}
