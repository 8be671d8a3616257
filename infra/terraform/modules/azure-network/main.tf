# The four zones in Pune. A subnet takes only what its security group names; the rest of the network is refused.
locals {
  zones = {
    dmz         = { number = 0, from = ["Internet:443"], delegation = null }
    application = { number = 1, from = ["dmz:8443", "ml:8443"], delegation = null }
    data        = { number = 2, from = ["application:5432", "application:6379", "application:9093", "ml:5432", "ml:9093"], delegation = "Microsoft.DBforPostgreSQL/flexibleServers" }
    ml          = { number = 3, from = ["application:8443"], delegation = null }
    jobs        = { number = 0, from = [], delegation = "Microsoft.App/environments" }
    endpoints   = { number = 0, from = ["application:443", "ml:443", "jobs:443"], delegation = null }
  }
  cidrs = merge(
    { for zone, settings in local.zones : zone => cidrsubnet(cidrsubnet(var.cidr, 2, settings.number), 2, 0) if settings.number > 0 || zone == "dmz" },
    {
      jobs      = cidrsubnet(cidrsubnet(var.cidr, 2, 0), 2, 1)
      endpoints = cidrsubnet(cidrsubnet(var.cidr, 2, 0), 2, 2)
    },
  )
  gateway_cidr = cidrsubnet(cidrsubnet(var.cidr, 2, 0), 9, 510)
  sources      = merge(local.cidrs, { Internet = "Internet" })
}

resource "azurerm_virtual_network" "this" {
  name                = var.name
  resource_group_name = var.resource_group
  location            = var.location
  address_space       = [var.cidr]
}

resource "azurerm_network_security_group" "zone" {
  for_each = local.zones

  name                = "${var.name}-${each.key}"
  resource_group_name = var.resource_group
  location            = var.location

  dynamic "security_rule" {
    for_each = each.value.from
    content {
      name                       = "from-${replace(lower(security_rule.value), ":", "-")}"
      priority                   = 100 + security_rule.key
      direction                  = "Inbound"
      access                     = "Allow"
      protocol                   = "Tcp"
      source_address_prefix      = local.sources[split(":", security_rule.value)[0]]
      source_port_range          = "*"
      destination_address_prefix = local.cidrs[each.key]
      destination_port_range     = split(":", security_rule.value)[1]
    }
  }

  dynamic "security_rule" {
    for_each = each.key == "data" ? [1] : []
    content {
      name                       = "within-data"
      priority                   = 200
      direction                  = "Inbound"
      access                     = "Allow"
      protocol                   = "Tcp"
      source_address_prefix      = local.cidrs["data"]
      source_port_range          = "*"
      destination_address_prefix = local.cidrs["data"]
      destination_port_range     = "5432"
    }
  }

  # Before the platform's own rule that lets the whole network in.
  security_rule {
    name                       = "nothing-else"
    priority                   = 4000
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "VirtualNetwork"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_subnet" "zone" {
  for_each = local.zones

  name                            = each.key
  resource_group_name             = var.resource_group
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = [local.cidrs[each.key]]
  default_outbound_access_enabled = false

  dynamic "delegation" {
    for_each = each.value.delegation == null ? [] : [each.value.delegation]
    content {
      name = "service"
      service_delegation {
        name    = delegation.value
        actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
      }
    }
  }
}

resource "azurerm_subnet_network_security_group_association" "zone" {
  for_each = local.zones

  subnet_id                 = azurerm_subnet.zone[each.key].id
  network_security_group_id = azurerm_network_security_group.zone[each.key].id
}

# The platform demands this name for the subnet of a VPN gateway.
resource "azurerm_subnet" "gateway" {
  name                 = "GatewaySubnet"
  resource_group_name  = var.resource_group
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [local.gateway_cidr]
}

resource "azurerm_public_ip" "gateway" {
  name                = "${var.name}-gateway"
  resource_group_name = var.resource_group
  location            = var.location
  allocation_method   = "Static"
  sku                 = "Standard"
  zones               = ["1", "2", "3"]
}

resource "azurerm_virtual_network_gateway" "this" {
  name                = var.name
  resource_group_name = var.resource_group
  location            = var.location
  type                = "Vpn"
  vpn_type            = "RouteBased"
  sku                 = "VpnGw2AZ"
  generation          = "Generation2"

  ip_configuration {
    name                 = "default"
    subnet_id            = azurerm_subnet.gateway.id
    public_ip_address_id = azurerm_public_ip.gateway.id
  }
}

resource "azurerm_local_network_gateway" "mumbai" {
  count = length(var.mumbai_tunnel_addresses)

  name                = "${var.name}-mumbai-${count.index + 1}"
  resource_group_name = var.resource_group
  location            = var.location
  gateway_address     = var.mumbai_tunnel_addresses[count.index]
  address_space       = [var.mumbai_cidr]
}

resource "azurerm_virtual_network_gateway_connection" "mumbai" {
  count = length(var.mumbai_tunnel_addresses)

  name                       = "${var.name}-mumbai-${count.index + 1}"
  resource_group_name        = var.resource_group
  location                   = var.location
  type                       = "IPsec"
  connection_protocol        = "IKEv2"
  virtual_network_gateway_id = azurerm_virtual_network_gateway.this.id
  local_network_gateway_id   = azurerm_local_network_gateway.mumbai[count.index].id
  shared_key                 = var.tunnel_keys[count.index]

  ipsec_policy {
    ike_encryption   = "AES256"
    ike_integrity    = "SHA256"
    dh_group         = "DHGroup14"
    ipsec_encryption = "GCMAES256"
    ipsec_integrity  = "GCMAES256"
    pfs_group        = "PFS14"
    sa_lifetime      = 3600
  }
}
