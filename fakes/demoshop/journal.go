package demoshop

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// op is the kind of a journal entry.
type op string

const (
	opShop      op = "shop" // the first line: which shop it is about
	opCreate    op = "product.create"
	opUpdate    op = "product.update"
	opRemove    op = "product.remove"
	opState     op = "product.state"
	opOrder     op = "order.status"
	opPlace     op = "order.place"
	opOffer     op = "offer.price"
	opBuy       op = "purchase_order.create"
	opBuyUpdate op = "purchase_order.update"
)

// entry is one effect in the journal, one JSON line.
type entry struct {
	Op     op             `json:"op"`
	ID     int64          `json:"id"`
	At     int64          `json:"at"`
	Force  bool           `json:"force,omitempty"`
	Status string         `json:"status,omitempty"`
	Shop   string         `json:"shop,omitempty"`
	Price  int32          `json:"price,omitempty"`
	Write  *productWrite  `json:"write,omitempty"`
	State  *savedState    `json:"state,omitempty"`
	Buy    *purchaseOrder `json:"purchase_order,omitempty"`
}

type savedState struct {
	Modified int64   `json:"modified"`
	Price    int32   `json:"price"`
	Stock    int32   `json:"stock"`
	Edition  uint16  `json:"edition"`
	Managed  managed `json:"managed"`
	Flags    flags   `json:"flags"`
}

// openJournal replays a journal and opens it for appending. A half line at
// the end, as a kill leaves it, is cut off.
func (s *Shop) openJournal(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("demoshop: journal: %w", err)
	}
	whole := int64(0)
	r := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(fmt.Errorf("demoshop: journal %s: %w", path, err), f.Close())
		}
		var e entry
		if err = json.Unmarshal(line, &e); err == nil {
			err = s.replay(e)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("demoshop: journal %s, line %d: %w", path, n, err), f.Close())
		}
		whole += int64(len(line))
	}
	if err := f.Truncate(whole); err != nil {
		return errors.Join(fmt.Errorf("demoshop: journal %s: %w", path, err), f.Close())
	}
	if _, err := f.Seek(whole, io.SeekStart); err != nil {
		return errors.Join(fmt.Errorf("demoshop: journal %s: %w", path, err), f.Close())
	}
	s.journal = f
	if whole == 0 {
		s.record(entry{Op: opShop, At: s.now(), Shop: s.fingerprint()})
	}
	return nil
}

// fingerprint is what a journal depends on.
func (s *Shop) fingerprint() string {
	return fmt.Sprintf("seed %d, layout %+v, orders %d, suppliers %d", s.cfg.Seed, s.layout, s.cfg.Orders, s.cfg.Suppliers)
}

// record appends an effect; the lock is held. A journal that cannot be written
// would make the next start a different shop, so it ends the process.
func (s *Shop) record(e entry) {
	if s.journal == nil {
		return
	}
	b, err := json.Marshal(e)
	if err == nil {
		_, err = s.journal.Write(append(b, '\n'))
	}
	if err != nil {
		panic(fmt.Sprintf("demoshop: journal: %v", err))
	}
}

var errJournal = errors.New("the entry does not fit this shop: it was written with another size, seed or layout; remove the journal to start anew")

// replay does one recorded effect again, at its time.
func (s *Shop) replay(e entry) error {
	s.replayAt = e.At
	defer func() { s.replayAt = 0 }()
	r, isProduct := s.layout.find(e.ID, s.issued)
	j, isOrder := s.orders.find(e.ID)
	switch e.Op {
	case opShop:
		if e.Shop != s.fingerprint() {
			return errJournal
		}
	case opCreate:
		if e.Write == nil || s.create(*e.Write).status >= 400 || s.layout.id(ref{int32(s.issued - 1), -1}) != e.ID {
			return errJournal
		}
	case opUpdate:
		if !isProduct || e.Write == nil || s.update(r, *e.Write) != nil {
			return errJournal
		}
	case opRemove:
		if !isProduct {
			return errJournal
		}
		s.remove(r, e.Force)
	case opState:
		if !isProduct || e.State == nil {
			return errJournal
		}
		st := s.state(r)
		v := e.State
		st.modified, st.price, st.stock, st.edition, st.managed, st.flags = v.Modified, v.Price, v.Stock, v.Edition, v.Managed, v.Flags
		s.put(r, st)
	case opOrder:
		if !isOrder {
			return errJournal
		}
		s.setOrder(j, e.Status)
		if e.Status == "trash" || e.Status == "gone" {
			s.orders.hidden.add(j)
		}
	case opPlace:
		if s.placeOrder() != e.ID {
			return errJournal
		}
	case opOffer:
		k := e.ID - firstOfferID
		if k < 0 || k >= int64(s.offers.count) {
			return errJournal
		}
		s.setOffer(int(k), e.Price)
	case opBuy:
		if e.Buy == nil {
			return errJournal
		}
		s.buys.add(e.Buy)
	case opBuyUpdate:
		o := s.buys.find(e.ID)
		if o == nil || e.Buy == nil {
			return errJournal
		}
		*o = *e.Buy
		for _, l := range o.Lines {
			s.buys.lines = max(s.buys.lines, l.ID-40_000)
		}
	default:
		return fmt.Errorf("unknown entry %q", e.Op)
	}
	return nil
}
