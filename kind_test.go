package koppel_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

// TestKindsListsEveryConstant reads kind.go, so that a new kind cannot be
// declared without standing in Kinds.
func TestKindsListsEveryConstant(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "kind.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []koppel.Kind
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Kind" {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		declared = append(declared, koppel.Kind(text))
		return true
	})
	if diff := cmp.Diff(declared, koppel.Kinds()); diff != "" {
		t.Errorf("constants of kind.go (-) and Kinds() (+) differ:\n%s", diff)
	}
}

// TestEveryKindAdvises wants a title of its own, somebody who must act and a
// next step without gaps from every kind.
func TestEveryKindAdvises(t *testing.T) {
	t.Parallel()
	owners := []koppel.Owner{koppel.OwnerCustomer, koppel.OwnerVendor, koppel.OwnerUs}
	titles := map[string]koppel.Kind{}
	for _, kind := range koppel.Kinds() {
		advice := koppel.Advise(koppel.Wrap("pull", koppel.E(kind, "get", "the value")), "c-1", "r-1")
		if other, taken := titles[advice.Title]; taken || advice.Title == "" {
			t.Errorf("%s: title %q is empty or also that of %q", kind, advice.Title, other)
		}
		titles[advice.Title] = kind
		if advice.Kind != kind || advice.Detail != "the value" {
			t.Errorf("%s: advice is of kind %q with detail %q", kind, advice.Kind, advice.Detail)
		}
		if advice.Owner != kind.Owner() || !slices.Contains(owners, advice.Owner) {
			t.Errorf("%s: owner %q", kind, advice.Owner)
		}
		if advice.Next == "" || strings.ContainsAny(advice.Next, "{}") {
			t.Errorf("%s: next step %q is empty or has a gap", kind, advice.Next)
		}
	}
}

func TestKindsThatPass(t *testing.T) {
	t.Parallel()
	var passing []koppel.Kind
	for _, kind := range koppel.Kinds() {
		if kind.Passes() {
			passing = append(passing, kind)
		}
	}
	want := []koppel.Kind{
		koppel.KindRateLimited, koppel.KindQuota, koppel.KindRemoteUnavailable, koppel.KindBlocked,
		koppel.KindTimeout, koppel.KindNetwork, koppel.KindInternal,
	}
	if diff := cmp.Diff(want, passing); diff != "" {
		t.Errorf("kinds for which waiting can help (-want +got):\n%s", diff)
	}
}

func TestUnknownKindIsOurs(t *testing.T) {
	t.Parallel()
	if got := koppel.Kind("made_up").Owner(); got != koppel.OwnerUs {
		t.Errorf("owner of an unknown kind = %q, want %q", got, koppel.OwnerUs)
	}
}

func TestAdviseNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	auth := koppel.E(koppel.KindAuth, "check", "401")
	if got, want := koppel.Advise(auth, "c-1", "").Next, "Send the customer a connect link: koppel coupling connect c-1"; got != want {
		t.Errorf("Next = %q, want %q", got, want)
	}
	own := koppel.Wrap("close", &koppel.Error{Kind: koppel.KindInternal, Next: "Start it again: koppel sync {coupling} products"})
	if got, want := koppel.Advise(own, "c-1", "").Next, "Start it again: koppel sync c-1 products"; got != want {
		t.Errorf("an error's own next step reads %q, want %q", got, want)
	}
	if got, want := koppel.Advise(auth, "", "").Next, "Send the customer a connect link: koppel coupling connect COUPLING"; got != want {
		t.Errorf("Next = %q, want %q", got, want)
	}
}
