// The GitHub plugin for places where the official one can't be downloaded.
//
// It is the same Terraform provider behind the same bridge as the official one, with what the
// official build sets for updates. What that one adds for generating SDKs is left out: the schema.
package main

import (
	"github.com/integrations/terraform-provider-github/v6/github"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

// The build sets it to the version that the Python package asks for.
var version = "0.0.0"

func main() {
	info := tfbridge.ProviderInfo{
		P:       shimv2.NewProvider(github.NewProvider(version, "")()),
		Name:    "github",
		Version: version,
		Config: map[string]*tfbridge.SchemaInfo{
			"base_url": {Default: &tfbridge.DefaultInfo{
				EnvVars: []string{"GITHUB_BASE_URL"},
				Value:   "https://api.github.com/",
			}},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"github_actions_environment_secret":    {DeleteBeforeReplace: true},
			"github_repository_deploy_key":         {DeleteBeforeReplace: true},
			"github_repository_autolink_reference": {DeleteBeforeReplace: true},
			// A list in the SDKs since the time when there could be several.
			"github_repository_environment": {
				Fields: map[string]*tfbridge.SchemaInfo{"reviewers": {MaxItemsOne: tfbridge.False()}},
			},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"github_app": {Tok: "github:index/getGithubApp:getGithubApp"},
		},
	}
	info.MustComputeTokens(tokens.SingleModule("github_", "index", tokens.MakeStandard("github")))
	info.SetAutonaming(255, "-")
	tfbridge.Main("github", version, info, []byte("{}"))
}
