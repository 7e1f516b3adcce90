package connect

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"

	"github.com/koppel-io/koppel"
)

// page is what the template shows.
type page struct {
	// to is where the browser goes instead of a page.
	to string

	Title, Webshop, System, Coupling string
	// Problem is what went wrong; Next what to do about it.
	Problem, Next string
	// Reads and Writes are what will be exchanged, in the customer's words.
	Reads, Writes []string
	// Action is where the form is sent, Mark what binds it to the browser.
	Action, Mark string
	Fields       []field
	Login        bool
	// Leave is the address of the remote's login page.
	Leave string
	// Choice is what has to be chosen, with its Choices.
	Choice  string
	Choices []choice
	Again   string
	// Done: the account is connected. Return leads back to where the customer came from.
	Done   bool
	Return string
}

type field struct {
	Name, Title, Doc, Value, Problem, Kind string
	Required                               bool
	Options                                []choice
}

type choice struct {
	Name, Value, Label string
	Chosen             bool
}

//go:embed page.html
var pageSource string

//go:embed page.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// stylePolicy lets the page's own style through, by its hash.
var stylePolicy = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// write sends a page with the headers that keep it to itself: it loads nothing,
// is shown in no frame, and its address, which is a key, goes nowhere.
func (p *pages) write(w http.ResponseWriter, status int, shown *page) {
	var body bytes.Buffer
	err := pageTemplate.Execute(&body, struct {
		*page
		Style template.CSS
	}{shown, template.CSS(pageStyle)})
	if err != nil {
		p.Log.Error("render a connect page", "error", err)
		status = http.StatusInternalServerError
		body.Reset()
		body.WriteString("This page cannot be shown right now.")
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+stylePolicy+"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the browser may be gone
}

// form asks for the fields, or only for the login.
func (p *pages) form(s *site, v *visit, problems map[string]string, problem string) *page {
	shown := s.page("Connect " + s.connector.Name)
	shown.Problem, shown.Action, shown.Mark, shown.Login = problem, s.path(), mark(v.browser), s.connector.HasLogin()
	for _, f := range s.fields() {
		one := field{Name: "field." + f.Name, Title: f.Title, Doc: f.Doc, Problem: problems[f.Name], Required: !f.Optional && f.Default == nil, Kind: "text"}
		if !f.Secret {
			one.Value = s.account.Secrets[f.Name].Reveal()
			if text, ok := f.Default.(string); ok && one.Value == "" {
				one.Value = text
			}
		}
		switch {
		case len(f.Choices) > 0:
			for _, text := range f.Choices {
				one.Options = append(one.Options, choice{Value: text, Label: text, Chosen: text == one.Value})
			}
		case f.Secret:
			one.Kind = "password"
		case f.Type == koppel.SettingURL:
			one.Kind = "url"
		}
		shown.Fields = append(shown.Fields, one)
	}
	return shown
}

func (s *site) page(title string) *page {
	shown := &page{Title: title, Webshop: s.link.WebshopName, System: s.connector.Name, Coupling: s.coupling.Name}
	for _, object := range s.connector.Objects() {
		shown.Reads = append(shown.Reads, objectWords[object])
	}
	for _, object := range koppel.Pushed() {
		if s.connector.Push[object] != nil {
			shown.Writes = append(shown.Writes, objectWords[object])
		}
	}
	return shown
}

// objectWords are the objects as a customer calls them.
var objectWords = map[koppel.Object]string{
	"suppliers": "suppliers", "products": "products with their stock and prices", "product_compositions": "compositions of products",
	"supplier_products": "purchase prices and suppliers of products", "sell_orders": "sales orders", "shipments": "shipments",
	"buy_orders": "purchase orders", "item_deliveries": "deliveries", koppel.Stock: "stock",
}

// choices asks for one of several.
func (s *site) choices(v *visit, value koppel.Captured, problem string) *page {
	shown := s.page("Choose: " + value.Title)
	shown.Choice, shown.Problem, shown.Action, shown.Mark, shown.Again = value.Title, problem, s.path()+"/choose", mark(v.browser), s.path()+"?again=1"
	suggested, _ := value.Value.(string)
	for _, c := range value.Choices {
		shown.Choices = append(shown.Choices, choice{Name: "choice." + value.Name, Value: c.Value, Label: c.Label, Chosen: c.Value == suggested})
	}
	return shown
}

// connected is the last page.
func (p *pages) connected(s *site) *page {
	shown := s.page(s.connector.Name + " is connected")
	shown.Done, shown.Return = true, s.link.ReturnTo
	return shown
}

// refused is the form with what the remote, or we, did not like.
func (p *pages) refused(s *site, v *visit, err error) (*page, error) {
	switch koppel.KindOf(err) {
	case koppel.KindInternal, koppel.KindMapping:
		return nil, err
	case koppel.KindInvalidRequest:
		p.Log.Warn("a connect link does not work", "coupling", s.coupling.UUID, "error", err)
	}
	shown := p.form(s, v, nil, koppel.KindOf(err).Title()+": "+koppel.DetailOf(err))
	shown.Next = nextFor[koppel.KindOf(err)]
	return shown, nil
}

// nextFor says what a customer does about a refusal.
var nextFor = map[koppel.Kind]string{
	koppel.KindAuth:              "Please check what you entered, or log in again.",
	koppel.KindPermission:        "Please give the account or the key this right in the remote system, and try again.",
	koppel.KindNotFound:          "Please check the address.",
	koppel.KindNetwork:           "Please check the address.",
	koppel.KindBlockedAddress:    "Please use an address that can be reached from the internet.",
	koppel.KindBlocked:           "Please ask whoever runs the system to let Koppel through its firewall.",
	koppel.KindRateLimited:       "Please wait a few minutes and try again.",
	koppel.KindRemoteUnavailable: "Please try again in a few minutes.",
	koppel.KindTimeout:           "Please try again in a few minutes.",
	koppel.KindInvalidRequest:    "Please tell us; this is not your fault.",
	koppel.KindSchemaDrift:       "Please check the address, or tell us.",
}

// problem is the page of a link that does not work.
func (p *pages) problem(r *http.Request, v *visit, err error) (int, *page) {
	shown := &page{Title: "This link does not work", Problem: koppel.DetailOf(err), Next: "Please ask whoever sent you the link for a new one."}
	status := http.StatusInternalServerError
	switch koppel.KindOf(err) {
	case koppel.KindNotFound:
		status = http.StatusNotFound
	case koppel.KindConflict:
		status = http.StatusGone
	case koppel.KindPermission, koppel.KindTooLarge, koppel.KindInvalidRequest:
		status = http.StatusBadRequest
	default:
		p.Log.ErrorContext(r.Context(), "serve a connect link", "error", err)
		shown.Title, shown.Problem, shown.Next = "This does not work right now", "A fault of ours keeps this from working.", "Please try again in a few minutes."
	}
	if v.site != nil {
		shown.Webshop, shown.System, shown.Again = v.site.link.WebshopName, v.site.connector.Name, v.site.path()
	}
	return status, shown
}
