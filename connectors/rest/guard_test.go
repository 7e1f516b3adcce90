package rest

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
)

func TestAddressesThatAreNotPublicAreRefused(t *testing.T) {
	t.Parallel()
	g, err := newAddressGuard(nil)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"93.184.215.14": true, "2606:4700::1111": true, "172.32.0.1": true, "100.128.0.1": true,
		"127.0.0.1": false, "127.8.9.1": false, "0.0.0.0": false, "10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "192.0.0.8": false, "198.19.0.1": false, "224.0.0.1": false,
		"240.0.0.1": false, "255.255.255.255": false, "::1": false, "::": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false,
		"::127.0.0.1": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false, "fec0::1": false, "ff02::1": false,
		"64:ff9b::a00:1": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "2001:0:4136:e378::": false, "2001:db8::1": false, "::ffff:93.184.215.14": true,
	} {
		if got := g.allows(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: allowed %v, want %v", address, got, want)
		}
	}
	some, err := newAddressGuard([]string{"10.0.0.0/8", " 127.0.0.1 ", "Shop.Internal", "fd00::/8", ""})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{"10.9.9.9": true, "::ffff:10.9.9.9": true, "127.0.0.1": true, "127.0.0.2": false, "fd12::1": true, "192.168.0.1": false} {
		if got := some.allows(netip.MustParseAddr(address)); got != want {
			t.Errorf("allow list: %s: %v, want %v", address, got, want)
		}
	}
	if !some.allowsHost("shop.INTERNAL") || some.allowsHost("other.internal") {
		t.Error("host names of the allow list")
	}
	if _, err := NewTransport(TransportConfig{Allow: []string{"10.0.0.0/99"}}); koppel.KindOf(err) != koppel.KindInvalidRequest {
		t.Errorf("a wrong entry: %v", err)
	}
}

func TestDialGuardLooksAtTheAddressDialled(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a private address was reached")
	}))
	t.Cleanup(server.Close)
	strict, err := NewTransport(TransportConfig{Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := cutPort(server.URL)
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "[::1]", "0"} {
		response, err := strict.Client().Get("http://" + host + ":" + port + "/")
		if err == nil {
			response.Body.Close()
		}
		if kind := koppel.KindOf(err); kind != koppel.KindBlockedAddress && kind != koppel.KindInternal || err == nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func cutPort(address string) (host, port string, ok bool) {
	for i := len(address) - 1; i >= 0; i-- {
		if address[i] == ':' {
			return address[:i], address[i+1:], true
		}
	}
	return address, "", false
}

func TestHostNameOfTheAllowListIsReached(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	t.Cleanup(server.Close)
	tr, err := NewTransport(TransportConfig{Allow: []string{"localhost"}})
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := cutPort(server.URL)
	response, err := tr.Client().Get("http://localhost:" + port)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if _, err := tr.Client().Get(server.URL); koppel.KindOf(err) != koppel.KindBlockedAddress {
		t.Errorf("its bare address: %v", err)
	}
}
