"""No period is booked above its capacity, no memberships overlap, the lead school stays, signed agreements do not change."""

from django.db import migrations

from common.triggers import refuse

BOOKED = (
    "COALESCE((SELECT SUM(b.amount) FROM communities_booking b WHERE b.period_id = {period} "
    "AND b.cancelled_at IS NULL AND b.id <> {but}), 0)"
)
ABOVE = (
    "NEW.cancelled_at IS NULL AND NEW.amount + "
    + BOOKED.format(period="NEW.period_id", but="NEW.id")
    + " > (SELECT p.capacity FROM communities_resourceperiod p WHERE p.id = NEW.period_id)"
)
TOO_SMALL = "NEW.capacity < " + BOOKED.format(period="NEW.id", but="NEW.id")
FULL = "a period is not booked above its capacity"
OVERLAP = (
    "EXISTS (SELECT 1 FROM communities_membership m WHERE m.community_id = NEW.community_id "
    "AND m.school_id = NEW.school_id AND m.id <> NEW.id "
    "AND m.joined_on <= COALESCE(NEW.left_on, '9999-12-31') AND COALESCE(m.left_on, '9999-12-31') >= NEW.joined_on)"
)
TWICE = "memberships of one school do not overlap"
LEAD = "OLD.school_id = (SELECT c.lead_school_id FROM communities_community c WHERE c.id = OLD.community_id)"
STAYS = "the lead school stays a member"
SIGNED = "OLD.signed_at IS NOT NULL"
FINAL = "a signed agreement does not change"


class Migration(migrations.Migration):
    dependencies = [("communities", "0001_initial")]
    operations = [
        refuse("communities_booking", "booking_above_capacity_insert", "INSERT", ABOVE, FULL),
        refuse("communities_booking", "booking_above_capacity_update", "UPDATE", ABOVE, FULL),
        refuse("communities_resourceperiod", "period_below_bookings", "UPDATE", TOO_SMALL, FULL),
        refuse("communities_membership", "membership_overlap_insert", "INSERT", OVERLAP, TWICE),
        refuse("communities_membership", "membership_overlap_update", "UPDATE", OVERLAP, TWICE),
        refuse("communities_membership", "lead_stays_update", "UPDATE", f"NEW.left_on IS NOT NULL AND {LEAD}", STAYS),
        refuse("communities_membership", "lead_stays_delete", "DELETE", LEAD, STAYS),
        refuse("communities_agreement", "signed_agreement_update", "UPDATE", SIGNED, FINAL),
        refuse("communities_agreement", "signed_agreement_delete", "DELETE", SIGNED, FINAL),
    ]
