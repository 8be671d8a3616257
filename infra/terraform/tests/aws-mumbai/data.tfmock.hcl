mock_data "aws_region" {
  defaults = { name = "ap-south-1", id = "ap-south-1" }
}

mock_data "aws_caller_identity" {
  defaults = { account_id = "111122223333" }
}
