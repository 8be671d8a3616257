mock_data "aws_region" {
  defaults = { name = "us-east-1", id = "us-east-1" }
}

mock_data "aws_caller_identity" {
  defaults = { account_id = "111122223333" }
}
