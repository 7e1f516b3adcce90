package workflows

// Change gates. A change that alters the commands of a running workflow gets
// a gate here, named after what it changes, and workflow.GetVersion asks for
// it; the gate goes when no history older than it can be open.
//
// None is needed while every history starts with this code.
