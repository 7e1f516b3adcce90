package rest

import (
	"fmt"
	"net/netip"
	"strings"
	"syscall"

	"github.com/koppel-io/koppel"
)

// addressGuard decides which addresses a tenant's URL may lead to. It looks at
// the address that is dialled, after name resolution, so that a name that
// resolves to another address the second time gains nothing.
type addressGuard struct {
	nets  []netip.Prefix
	hosts map[string]bool
}

// blockedNets are the parts of the address space that are not the public
// internet (IANA special-purpose registries), and the transition mechanisms
// that carry an IPv4 address inside an IPv6 one.
var blockedNets = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)

// publicV6 is the only global unicast space there is.
var publicV6 = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

// newAddressGuard reads the operator's allow list of networks, addresses and host names.
func newAddressGuard(allow []string) (*addressGuard, error) {
	g := &addressGuard{hosts: map[string]bool{}}
	for _, entry := range allow {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		if prefix, err := netip.ParsePrefix(entry); err == nil {
			g.nets = append(g.nets, prefix)
		} else if address, err := netip.ParseAddr(entry); err == nil {
			g.nets = append(g.nets, netip.PrefixFrom(address, address.BitLen()))
		} else if strings.ContainsAny(entry, "/: ") {
			return nil, koppel.E(koppel.KindInvalidRequest, "read allowed addresses",
				fmt.Sprintf("%q is not a network (10.0.0.0/8), an address or a host name", entry))
		} else {
			g.hosts[strings.ToLower(entry)] = true
		}
	}
	return g, nil
}

func (g *addressGuard) allowsHost(host string) bool { return g.hosts[strings.ToLower(host)] }

// control is a net.Dialer.Control that refuses what is not public.
func (g *addressGuard) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err == nil && g.allows(at.Addr()) {
		return nil
	}
	return koppel.E(koppel.KindBlockedAddress, "connect", "the address "+address+" is not a public one")
}

func (g *addressGuard) allows(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	for _, prefix := range g.nets {
		if prefix.Contains(address) {
			return true
		}
	}
	for _, prefix := range blockedNets {
		if prefix.Contains(address) {
			return false
		}
	}
	return address.Is4() || publicV6.Contains(address)
}
