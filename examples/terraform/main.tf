# Members of a listener under Terraform or OpenTofu, with the state in PostgreSQL, where every machine of a team finds it:
#
#     rp provider elb_member                          packs the plugin; once on each machine
#     export PG_CONN_STR=postgres://…                 or another backend, below
#     export OS_CLOUD=otc                             credentials, as everywhere
#     terraform init
#     terraform apply -lock-timeout=5m                waits while another machine applies

terraform {
  required_providers {
    elb = {
      source  = "resource-plugin.local/plugins/elb-member"
      version = "0.1.0"
    }
  }
  backend "pg" {}
}

variable "endpoint" {
  description = "URL of the load balancer service. Default: that of the cloud's catalog."
  type        = string
  default     = null
}

variable "listener_id" {
  type = string
}

variable "servers" {
  description = "Addresses by server id."
  type        = map(string)
}

provider "elb" {
  endpoint = var.endpoint
}

# All members in one request. Those that cannot be added are left out and told in `failed`; the next apply tries them
# again. The postcondition makes that a failed run, without harm to the members that work.
resource "elb_member_set" "web" {
  listener_id = var.listener_id
  records     = { for server, address in var.servers : server => { server_id = server, address = address } }

  timeouts {
    create = "10m"
  }

  lifecycle {
    postcondition {
      condition     = length(self.failed) == 0
      error_message = "Not added: ${jsonencode(self.failed)}"
    }
  }
}

output "health" {
  value = { for server, member in elb_member_set.web.records : server => member.health_status }
}
