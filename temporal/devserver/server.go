package devserver

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/temporal"
)

// pollEvery is how often the server is asked whether it is up.
const pollEvery = 10 * time.Millisecond

// Server is a running Temporal server.
type Server struct {
	cfg      Config
	storage  storage
	temporal temporal.Server
	ui       *ui // nil without one
	frontend string
	stopping atomic.Bool
	once     sync.Once
}

// Start brings up the server and its UI and returns when both answer, the namespace is there and its search
// attributes count. ctx bounds the start only; Stop ends the server.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(cfg.Host, len(services)+1)
	if err != nil {
		return nil, err
	}
	if cfg.Port != 0 {
		ports[0] = cfg.Port
	}
	st, err := openStorage(cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, storage: st, frontend: hostPort(cfg.Host, ports[0])}
	if err := s.launch(ports); err != nil {
		st.close()
		return nil, err
	}
	if cfg.UI {
		port := cfg.UIPort
		if port == 0 {
			port = ports[len(services)]
		}
		s.ui = startUI(cfg, s.frontend, port)
	}
	if err := s.ready(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// launch starts the four services. Temporal panics through our logger where it would end the process, for one
// when somebody took a port in the meantime.
func (s *Server) launch(ports []int) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("devserver: start Temporal: %v", cause)
		}
	}()
	srv, err := temporal.NewServer(
		temporal.WithConfig(settings(s.cfg.Host, ports, s.storage)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(members(s.cfg.Host, ports)),
		temporal.WithLogger(errorLog{to: s.cfg.Log, stopping: &s.stopping}),
		temporal.WithDynamicConfigClient(dynamic()),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
	)
	if err != nil {
		return fmt.Errorf("devserver: set up Temporal: %w", err)
	}
	if err := srv.Start(); err != nil {
		return fmt.Errorf("devserver: start Temporal: %w", err)
	}
	s.temporal = srv
	return nil
}

// ready waits until the frontend knows the namespace and the UI answers, and adds search attributes that are new.
func (s *Server) ready(ctx context.Context) error {
	c, err := client.NewLazyClient(client.Options{HostPort: s.frontend, Namespace: s.cfg.Namespace, Logger: noSDKLog{}})
	if err != nil {
		return fmt.Errorf("devserver: client: %w", err)
	}
	defer c.Close()
	if err := wait(ctx, "Temporal", func() error {
		_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: s.cfg.Namespace})
		return err
	}); err != nil {
		return err
	}
	if err := addSearchAttributes(ctx, c, s.cfg); err != nil {
		return err
	}
	if s.ui != nil {
		return wait(ctx, "Temporal's UI", func() error { return s.ui.answers(ctx) })
	}
	return nil
}

// wait tries until it works or ctx ends.
func wait(ctx context.Context, what string, try func() error) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("devserver: %s does not answer: %w (last: %v)", what, ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// FrontendAddr is the host:port for clients and workers.
func (s *Server) FrontendAddr() string { return s.frontend }

// Namespace is the namespace that was made.
func (s *Server) Namespace() string { return s.cfg.Namespace }

// UIAddr is the host:port of the web UI; "" when there is none.
func (s *Server) UIAddr() string {
	if s.ui == nil {
		return ""
	}
	return s.ui.addr
}

// Stop ends the UI and the server and lets go of the file. Workers and clients should be stopped before. A second
// call waits for the first.
func (s *Server) Stop() {
	s.once.Do(func() {
		s.stopping.Store(true)
		if s.ui != nil {
			s.ui.stop()
		}
		if err := s.temporal.Stop(); err != nil {
			s.cfg.Log.Error("stop Temporal", "error", err)
		}
		s.storage.close()
	})
}
