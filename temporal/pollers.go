package temporal

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/koppel-io/koppel/activities"
)

// Unpolled lists the task queues that no worker asks for activities: what is
// started there waits.
func Unpolled(ctx context.Context, c client.Client) ([]string, error) {
	var idle []string
	for _, queue := range activities.Queues() {
		described, err := c.DescribeTaskQueue(ctx, queue, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
		if err != nil {
			return nil, wrap("temporal: describe task queue "+queue, err)
		}
		if len(described.GetPollers()) == 0 {
			idle = append(idle, queue)
		}
	}
	return idle, nil
}
