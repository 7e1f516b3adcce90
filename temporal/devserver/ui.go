package devserver

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
)

// ui is Temporal's web UI.
type ui struct {
	addr   string
	server *uiserver.Server
	ended  chan struct{}
}

// startUI serves the UI. It fetches nothing from outside: no news, no look for newer versions. Its cookie goes
// over plain http, there being nothing but loopback.
func startUI(cfg Config, frontend string, port int) *ui {
	u := &ui{addr: hostPort(cfg.Host, port), ended: make(chan struct{})}
	host := cfg.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]" // the UI joins it to the port as it is
	}
	u.server = uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
		Host:                host,
		Port:                port,
		TemporalGRPCAddress: frontend,
		EnableUI:            true,
		DefaultNamespace:    cfg.Namespace,
		DisableNewsFetch:    true,
		NotifyOnNewVersion:  false,
		HideLogs:            true,
		CORS:                uiconfig.CORS{CookieInsecure: true},
		Codec:               uiconfig.Codec{Endpoint: cfg.CodecEndpoint},
	}))
	go func() {
		defer close(u.ended)
		_ = u.server.Start() // returns when stopped; failing to listen ends the process, hence the check of the port before
	}()
	return u
}

func (u *ui) answers(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+u.addr+"/healthz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", res.Status)
	}
	return nil
}

func (u *ui) stop() {
	u.server.Stop()
	<-u.ended
}
