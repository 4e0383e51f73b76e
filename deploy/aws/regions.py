"""AWS's own lists of addresses: they keep their ids for good, but have one in each region.

Asking for them at synthesis needs an account, and asking at deployment a function with rights of
its own. A wrong id is refused by the deployment, nothing is opened by it. To add a region:

aws ec2 describe-managed-prefix-lists --region REGION \
    --query "PrefixLists[].[PrefixListName,PrefixListId]" --output text
"""

from __future__ import annotations

# com.amazonaws.global.cloudfront.origin-facing: from where CloudFront asks us.
CLOUDFRONT = {
    "us-east-1": "pl-3b927c52",
    "us-west-2": "pl-82a045eb",
    "eu-west-1": "pl-4fa04526",
    "eu-central-1": "pl-a3a144ca",
}
# com.amazonaws.REGION.s3: where the gateway endpoint leads.
S3 = {
    "us-east-1": "pl-63a5400a",
    "us-west-2": "pl-68a54001",
    "eu-west-1": "pl-6da54004",
    "eu-central-1": "pl-6ea54007",
}
