resource "azurerm_user_assigned_identity" "this" {
  name                = "${var.name}-aks"
  resource_group_name = var.resource_group
  location            = var.location
}

resource "azurerm_kubernetes_cluster" "this" {
  #checkov:skip=CKV_AZURE_117:node disks are ephemeral and encrypted at the host
  #checkov:skip=CKV_AZURE_232:a warm standby of two nodes has no pool for add-ons alone
  name                              = var.name
  resource_group_name               = var.resource_group
  location                          = var.location
  dns_prefix                        = var.name
  kubernetes_version                = var.kubernetes_version
  sku_tier                          = "Standard"
  private_cluster_enabled           = true
  local_account_disabled            = true
  role_based_access_control_enabled = true
  oidc_issuer_enabled               = true
  workload_identity_enabled         = true
  azure_policy_enabled              = true
  run_command_enabled               = false
  node_os_upgrade_channel           = "NodeImage"
  automatic_upgrade_channel         = "patch"

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.this.id]
  }

  azure_active_directory_role_based_access_control {
    tenant_id              = var.tenant_id
    azure_rbac_enabled     = true
    admin_group_object_ids = var.administrator_group_ids
  }

  key_management_service {
    key_vault_key_id         = var.key_id
    key_vault_network_access = "Private"
  }

  # Warm: the few nodes run every service once; the autoscaler adds the rest when the load comes.
  default_node_pool {
    name                        = "services"
    vm_size                     = "Standard_D4ds_v5"
    vnet_subnet_id              = var.subnet_ids["application"]
    auto_scaling_enabled        = true
    min_count                   = var.warm_nodes
    max_pods                    = 60
    os_disk_type                = "Ephemeral"
    os_disk_size_gb             = 100
    max_count                   = var.full_nodes
    zones                       = ["1", "2", "3"]
    host_encryption_enabled     = true
    node_public_ip_enabled      = false
    temporary_name_for_rotation = "rotation"
    node_labels                 = { "altscore/zone" = "application" }
  }

  node_provisioning_profile {
    mode = "Manual"
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_data_plane  = "cilium"
    network_policy      = "cilium"
    outbound_type       = "loadBalancer"
  }

  key_vault_secrets_provider {
    secret_rotation_enabled = true
  }

  oms_agent {
    log_analytics_workspace_id      = var.log_analytics_workspace_id
    msi_auth_for_monitoring_enabled = true
  }
}

# No node until a run needs one.
resource "azurerm_kubernetes_cluster_node_pool" "ml" {
  name                    = "training"
  kubernetes_cluster_id   = azurerm_kubernetes_cluster.this.id
  vm_size                 = "Standard_D8ds_v5"
  vnet_subnet_id          = var.subnet_ids["ml"]
  auto_scaling_enabled    = true
  min_count               = 0
  max_pods                = 60
  os_disk_type            = "Ephemeral"
  max_count               = 6
  host_encryption_enabled = true
  node_labels             = { "altscore/zone" = "ml" }
  node_taints             = ["altscore/zone=ml:NoSchedule"]
}
