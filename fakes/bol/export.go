package bol

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strconv"
)

// exportColumns head the CSV of an export.
var exportColumns = []string{
	"offerId", "ean", "conditionName", "conditionCategory", "conditionComment", "bundlePricesPrice", "fulfilmentDeliveryCode",
	"stockAmount", "onHoldByRetailer", "fulfilmentType", "mutationDateTime", "referenceCode", "correctedStock",
}

// exportOffers is POST /offers/export: a job whose entity is the report.
func (a *Account) exportOffers(c *call) answer {
	var in struct {
		Format string `json:"format"`
	}
	if p := receive(c, &in); p != nil {
		return *p
	}
	if in.Format != "CSV" {
		return refuse("format", "must be CSV")
	}
	return a.submit(c, "CREATE_OFFER_EXPORT", "Create an offer export.", func() (string, string) {
		id := a.id()
		a.reports[id] = a.exported()
		return id, ""
	})
}

// exported is the CSV of all offers as they stand.
func (a *Account) exported() []byte {
	open := map[*offer]int{}
	for _, ord := range a.orders {
		for _, it := range ord.items {
			open[it.offer] += it.open()
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	// A bytes.Buffer takes everything; Flush reports nothing else.
	_ = w.Write(exportColumns)
	for _, o := range a.offers {
		_ = w.Write([]string{
			o.ID, o.EAN, "NEW", "NEW", o.comment, string(marshal(o.Price)), "24uurs-21", strconv.Itoa(o.Stock),
			strconv.FormatBool(o.OnHold), o.Method, o.Mutated.UTC().Format("2006-01-02 15:04:05.000 UTC"), o.Reference,
			strconv.Itoa(max(0, o.Stock-open[o])),
		})
	}
	w.Flush()
	return b.Bytes()
}

// getExport is GET /offers/export/{report-id}.
func (a *Account) getExport(c *call) answer {
	report, known := a.reports[c.id()]
	if !known {
		return notFound("report", c.id())
	}
	if r := c.hit.Rule; r != nil && (r.Kind == Empty || r.Kind == Tenth) {
		report = firstRows(report, r.Kind)
	}
	return answer{status: http.StatusOK, body: report, ctype: csvType + ";charset=UTF-8"}
}

// firstRows cuts a report to its header, or to a tenth of its rows.
func firstRows(report []byte, kind FaultKind) []byte {
	// What was written here reads back.
	rows, _ := csv.NewReader(bytes.NewReader(report)).ReadAll()
	keep := 1
	if kind == Tenth {
		keep = 1 + (len(rows)-1)/10
	}
	var b bytes.Buffer
	_ = csv.NewWriter(&b).WriteAll(rows[:keep])
	return b.Bytes()
}

// listInventory is GET /inventory: goods in bol's warehouse.
func (a *Account) listInventory(c *call) answer {
	type row struct {
		EAN     string `json:"ean"`
		BSKU    string `json:"bsku"`
		Graded  int    `json:"gradedStock"`
		Regular int    `json:"regularStock"`
		Title   string `json:"title"`
	}
	var rows []row
	for _, o := range a.offers {
		if q := c.query.Get("query"); o.Method != fbb || q != "" && q != o.EAN && q != o.bsku {
			continue
		}
		rows = append(rows, row{o.EAN, o.bsku, o.Graded, o.Stock, o.Title})
	}
	return page(c, "inventory", rows)
}
