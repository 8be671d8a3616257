// The command line of Kubernetes: its own main package stands in a module that cannot be built from outside.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

func main() {
	command := cmd.NewDefaultKubectlCommand()
	err := cli.RunNoErrOutput(command)
	if err != nil {
		util.CheckErr(err)
	}
	os.Exit(0)
}
