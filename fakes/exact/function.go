package exact

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var guidLiteral = regexp.MustCompile(`^guid'([0-9a-fA-F-]{36})'$`)

// readStock answers read/logistics/StockPosition?itemId=guid'…': the stock of
// one item over all warehouses, as an array.
func (s *Site) readStock(c *call) answer {
	m := guidLiteral.FindStringSubmatch(c.query.Get("itemId"))
	if m == nil {
		return *refuse("Parameter itemId: give guid'…'.")
	}
	id := strings.ToLower(m[1])
	if a := c.admin; a.find(items, id) == nil {
		return answer{status: http.StatusOK, ctype: jsonType, body: []byte(`{"d":[]}`)}
	}
	var sum [6]float64
	names := [...]string{"CurrentStock", "FreeStock", "PlanningIn", "PlanningOut", "ProjectedStock", "ReservedStock"}
	for _, r := range c.admin.byItem[stockPositions][id] {
		for i, name := range names {
			sum[i] += r.number(stockPositions, name)
		}
	}
	b := []byte(`{"d":[{"ItemId":`)
	b = appendString(b, id)
	for i, name := range []string{"InStock", "FreeStock", "PlanningIn", "PlanningOut", "ProjectedStock", "ReservedStock"} {
		b = append(b, `,"`+name+`":`...)
		b = appendValue(b, sum[i])
	}
	return answer{status: http.StatusOK, ctype: jsonType, body: append(b, `}]}`...)}
}

var dateLiteral = regexp.MustCompile(`^datetime'([^']+)'$`)

// readTimestamp answers read/sync/Sync/SyncTimestamp: the highest Timestamp of
// an endpoint's rows that were changed before a moment.
func (s *Site) readTimestamp(c *call) answer {
	m := dateLiteral.FindStringSubmatch(c.query.Get("modified"))
	def := byName[strings.Trim(c.query.Get("endPoint"), "'")]
	if m == nil || def == nil {
		return *refuse("Give modified=datetime'…' and endPoint='…'.")
	}
	at, err := time.Parse("2006-01-02T15:04:05", m[1])
	if err != nil {
		return *refuse("Type mismatch at '%s'.", m[1])
	}
	highest := int64(1)
	for _, r := range c.admin.table(def).rows {
		if modified, ok := r.get(def, "Modified").(date); ok && modified < date(at.UnixMilli()) {
			highest = max(highest, r.timestamp)
		}
	}
	b := strconv.AppendInt([]byte(`{"d":{"TimeStampAsBigInt":`), highest, 10)
	return answer{status: http.StatusOK, ctype: jsonType, body: append(b, `}}`...)}
}
