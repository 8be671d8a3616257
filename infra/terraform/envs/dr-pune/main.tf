# Disaster recovery in Pune (Azure Central India): a list of module calls.
locals {
  name             = "altscore-pune"
  location         = "centralindia"
  primary          = "altscore-production"
  distributor_keys = { for distributor in var.distributors : replace(lower(distributor), "_", "-") => distributor }
  # Raw data goes to its distributor's own container, as it lies under its distributor's own key in Mumbai.
  copies = merge(
    { for layer in ["audit", "lake", "models"] : "${local.primary}-${layer}" => layer },
    { for name, distributor in local.distributor_keys : "${local.primary}-bronze/bronze/dist=${distributor}" => name },
  )
}

resource "azurerm_resource_group" "this" {
  name     = local.name
  location = local.location
}

resource "azurerm_log_analytics_workspace" "this" {
  name                         = local.name
  resource_group_name          = azurerm_resource_group.this.name
  location                     = local.location
  sku                          = "PerGB2018"
  retention_in_days            = 730
  local_authentication_enabled = false
}

module "guard" {
  source = "../../modules/azure-guard"

  name            = local.name
  subscription_id = "/subscriptions/${var.subscription_id}"
  monthly_inr     = 300000
  starts_on       = var.budget_starts_on
  contact_emails  = var.operations_emails
}

module "network" {
  source = "../../modules/azure-network"

  name                    = local.name
  resource_group          = azurerm_resource_group.this.name
  cidr                    = "10.80.0.0/16"
  mumbai_cidr             = var.mumbai.data_cidr
  mumbai_tunnel_addresses = var.mumbai.tunnel_addresses
  tunnel_keys             = var.tunnel_keys
}

module "keys" {
  source = "../../modules/azure-keys"

  name               = local.name
  resource_group     = azurerm_resource_group.this.name
  tenant_id          = var.tenant_id
  endpoint_subnet_id = module.network.subnet_ids["endpoints"]
  keys = merge(
    {
      lake            = { type = "RSA-HSM", rotate_after = "P365D" }
      database        = { type = "RSA-HSM", rotate_after = "P365D" }
      vault-database  = { type = "RSA-HSM", rotate_after = "P365D" }
      cluster         = { type = "RSA-HSM", rotate_after = "P365D" }
      vault-kek       = { type = "RSA-HSM", rotate_after = "P365D" }
      api-signing     = { type = "RSA-HSM", rotate_after = "P180D" }
      consent-signing = { type = "EC-HSM", rotate_after = "P365D" }
      score-signing   = { type = "EC-HSM", rotate_after = "P365D" }
      erasure-signing = { type = "EC-HSM", rotate_after = "P365D" }
      audit-signing   = { type = "EC-HSM", rotate_after = "P365D" }

      ingestion-manifests = { type = "EC-HSM", rotate_after = "P365D" }
    },
    { for owner in ["admin", "consent", "ingestion", "notification", "pipeline", "portal", "score", "scoring", "vault", "webhook"] : "${owner}-events" => { type = "EC-HSM", rotate_after = "P365D" } },
    { for name in keys(local.distributor_keys) : name => { type = "RSA-HSM", rotate_after = "P365D" } },
  )
}

module "lake" {
  source = "../../modules/azure-lake"

  name               = local.name
  resource_group     = azurerm_resource_group.this.name
  account_name       = replace(local.name, "-", "")
  endpoint_subnet_id = module.network.subnet_ids["endpoints"]
  key_ids            = module.keys.key_ids
  key_scope_id       = module.keys.key_vault_id
  containers = merge(
    {
      audit  = { key = "lake", lock_days = 2557 }
      lake   = { key = "lake" }
      models = { key = "lake" }
    },
    { for name in keys(local.distributor_keys) : name => { key = name, lock_days = 2557 } },
  )
}

module "database" {
  source   = "../../modules/azure-database"
  for_each = { serving = "database", vault = "vault-database" }

  name               = "${local.name}-${each.key}"
  resource_group     = azurerm_resource_group.this.name
  subnet_id          = module.network.subnet_ids["data"]
  virtual_network_id = module.network.virtual_network_id
  tenant_id          = var.tenant_id
  key_id             = module.keys.key_ids[each.value]
  key_scope_id       = module.keys.key_resource_ids[each.value]
}

module "cluster" {
  source = "../../modules/azure-cluster"

  name                       = local.name
  resource_group             = azurerm_resource_group.this.name
  subnet_ids                 = module.network.subnet_ids
  tenant_id                  = var.tenant_id
  administrator_group_ids    = var.administrator_group_ids
  key_id                     = var.cluster_key_id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id
}

module "replication" {
  source = "../../modules/azure-replication"

  name                       = local.name
  resource_group             = azurerm_resource_group.this.name
  subnet_id                  = module.network.subnet_ids["jobs"]
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id
  account_id                 = module.lake.account_id
  account_name               = module.lake.account_name
  aws_role_arn               = var.mumbai.replication_role_arn
  entra_audience             = var.entra_audience
  copies                     = local.copies
}

module "dns" {
  source = "../../modules/dns"

  zone_name   = var.domain
  active_site = var.active_site
  names = merge(
    { for host in ["api", "dashboard", "webhook"] : host => {
      mumbai = { type = "CNAME", values = [var.mumbai.load_balancer] }
      pune   = { type = "A", values = [var.addresses.public] }
    } },
    { ingest = {
      mumbai = { type = "A", values = var.mumbai.ingestion_addresses }
      pune   = { type = "A", values = [var.addresses.ingestion] }
    } },
  )
}
