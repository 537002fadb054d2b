CREATE TABLE "item_membership" (
	"id" uuid PRIMARY KEY DEFAULT uuid_generate_v4() NOT NULL,
	"item_path" ltree NOT NULL REFERENCES "item"("path") ON UPDATE CASCADE ON DELETE CASCADE,
	"member_id" uuid NOT NULL REFERENCES "member"("id") ON DELETE CASCADE,
	"permission" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "item_membership_permission_check" CHECK ("permission" IN ('read', 'write', 'admin')),
	CONSTRAINT "item_membership_item_member_key" UNIQUE("item_path", "member_id")
);
