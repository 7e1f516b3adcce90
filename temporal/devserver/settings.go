package devserver

import (
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
)

// services are those of one Temporal server, the frontend first.
var services = []primitives.ServiceName{
	primitives.FrontendService, primitives.HistoryService, primitives.MatchingService, primitives.WorkerService,
}

// settings is the server's static configuration: one history shard (SQLite has one writer), no archive, no
// metrics and no profiling port. ports belong to services, in that order.
func settings(host string, ports []int, st storage) *config.Config {
	frontend := hostPort(host, ports[0])
	conf := &config.Config{
		Persistence: config.Persistence{
			DefaultStore:     sqliteplugin.PluginName,
			VisibilityStore:  sqliteplugin.PluginName,
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{sqliteplugin.PluginName: {SQL: st.sql}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            map[string]config.Service{},
		PublicClient:        config.PublicClient{HostPort: frontend},
	}
	conf.Archival.History.State = "disabled"
	conf.Archival.Visibility.State = "disabled"
	conf.NamespaceDefaults.Archival.History.State = "disabled"
	conf.NamespaceDefaults.Archival.Visibility.State = "disabled"
	for i, name := range services {
		conf.Services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: ports[i], BindOnIP: host}}
	}
	return conf
}

// members says where each service is, which spares the gossip between them, its ports and its start-up time.
func members(host string, ports []int) map[primitives.ServiceName]static.Hosts {
	hosts := map[primitives.ServiceName]static.Hosts{}
	for i, name := range services {
		hosts[name] = static.SingleLocalHost(hostPort(host, ports[i]))
	}
	return hosts
}

// dynamic is the server's dynamic configuration: task queues in one piece, so that a task meets its poller at
// once, and each fairness key gets its turn; a new search attribute counts at once; scavengers that only pay off in production are off; the rate
// limits of a shared cluster are out of the way.
func dynamic() dynamicconfig.StaticClient {
	const unlimited = 100_000
	return dynamicconfig.StaticClient{
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():           1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key():          1,
		dynamicconfig.MatchingEnableFairness.Key():                       true,
		dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key():      true,
		dynamicconfig.TaskQueueScannerEnabled.Key():                      false,
		dynamicconfig.HistoryScannerEnabled.Key():                        false,
		dynamicconfig.FrontendRPS.Key():                                  unlimited,
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key():           unlimited,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): unlimited,
		dynamicconfig.MatchingRPS.Key():                                  unlimited,
		dynamicconfig.HistoryRPS.Key():                                   unlimited,
		dynamicconfig.FrontendPersistenceMaxQPS.Key():                    unlimited,
		dynamicconfig.MatchingPersistenceMaxQPS.Key():                    unlimited,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():                     unlimited,
		dynamicconfig.WorkerPersistenceMaxQPS.Key():                      unlimited,
		dynamicconfig.SchedulerNamespaceStartWorkflowRPS.Key():           float64(unlimited),
	}
}
