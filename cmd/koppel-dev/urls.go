package main

import "fmt"

// urls is where the parts of a running platform are found.
type urls struct {
	API      string `json:"api"`
	Docs     string `json:"docs"`
	Temporal string `json:"temporal"` // host:port of the frontend
	UI       string `json:"ui"`
	DemoShop string `json:"demo_shop"`
	Postgres string `json:"postgres"` // as the owner, over the unix socket
}

// lines is the addresses as a person reads them, one a line.
func (u urls) lines() string {
	return fmt.Sprintf(`  API          %s
  API docs     %s
  Temporal UI  %s
  Temporal     %s
  Demo shop    %s
  PostgreSQL   psql '%s'
`, u.API, u.Docs, u.UI, u.Temporal, u.DemoShop, u.Postgres)
}
